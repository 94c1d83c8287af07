//! Who calls the token endpoint: client authentication (RFC 6749 section 2.3, OIDC Core section 9).
//!
//! Exactly one method, and the one that the application registered. Secrets are compared as SHA-256 in constant time
//! against all that are stored. Rate limits are not decided here.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use subtle::{Choice, ConstantTimeEq};
use usher_domain::{Application, ApplicationId, ClientAuthMethod, SecretText};

use crate::error::{Challenge, ErrorCode, OAuthError};
use crate::opaque::sha256_hex;
use crate::params::{self, Params};

/// Parameters of the token endpoint's authentication that must not come twice.
const SINGLE: [&str; 4] = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// Standard alphabet, with or without padding.
const BASIC_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the caller showed.
struct Shown {
    client_id: String,
    method: ClientAuthMethod,
    secret: SecretText,
}

/// Authenticates the caller; `authorization` is the header's value, `find` looks an application up by `client_id`.
///
/// Unknown, disabled, wrong method and wrong secret answer alike.
pub fn authenticate<'a>(
    authorization: Option<&str>,
    form: &Params,
    find: impl FnOnce(&ApplicationId) -> Option<&'a Application>,
) -> Result<&'a Application, OAuthError> {
    let challenge = if authorization.is_some() { Challenge::Basic } else { Challenge::None };
    let refused = || OAuthError {
        challenge,
        ..OAuthError::new(ErrorCode::InvalidClient, "the application could not be authenticated")
    };
    let shown = read(authorization, form)?.ok_or_else(refused)?;
    let application = ApplicationId::parse(shown.client_id.as_str())
        .ok()
        .and_then(|id| find(&id).filter(|application| application.id == id))
        .filter(|application| application.enabled && application.auth_method == shown.method)
        .ok_or_else(refused)?;
    // A confidential application without a secret's method would be open to everybody.
    let proven = match shown.method {
        ClientAuthMethod::None => !application.kind.is_confidential(),
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost => {
            is_secret(application, &shown.secret)
        }
    };
    if proven { Ok(application) } else { Err(refused()) }
}

/// Compares with every stored secret, so that the time taken does not tell which one came close.
fn is_secret(application: &Application, secret: &SecretText) -> bool {
    let hash = sha256_hex(secret.expose());
    application
        .secrets
        .iter()
        .take(2)
        .fold(Choice::from(0), |found, stored| found | stored.sha256.as_bytes().ct_eq(hash.as_bytes()))
        .into()
}

/// Which one method was used; `Ok(None)`: none that Usher understands.
fn read(authorization: Option<&str>, form: &Params) -> Result<Option<Shown>, OAuthError> {
    let invalid = |description| OAuthError::new(ErrorCode::InvalidRequest, description);
    if form.first_duplicate(&SINGLE).is_some() {
        return Err(invalid("a parameter was given more than once"));
    }
    if form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some() {
        return Ok(None);
    }
    let client_id = form.get("client_id");
    match (authorization, form.get("client_secret")) {
        // RFC 6749 2.3: the client must not use more than one method.
        (Some(_), Some(_)) => Err(invalid("the application used more than one way to authenticate")),
        (Some(header), None) => {
            let Some(shown) = basic(header) else { return Ok(None) };
            match client_id {
                Some(id) if id != shown.client_id => Err(invalid("client_id names another application")),
                _ => Ok(Some(shown)),
            }
        }
        (None, Some(secret)) => Ok(client_id.map(|id| Shown {
            client_id: id.to_owned(),
            method: ClientAuthMethod::ClientSecretPost,
            secret: SecretText::new(secret),
        })),
        (None, None) => Ok(client_id.map(|id| Shown {
            client_id: id.to_owned(),
            method: ClientAuthMethod::None,
            secret: SecretText::new(""),
        })),
    }
}

/// `Basic`: id and secret are form-urlencoded before they are joined (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<Shown> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = BASIC_BASE64.decode(encoded.trim()).ok()?;
    let at = bytes.iter().position(|b| *b == b':')?;
    let (id, secret) = bytes.split_at_checked(at)?;
    Some(Shown {
        client_id: params::decode(id).ok()?,
        method: ClientAuthMethod::ClientSecretBasic,
        secret: SecretText::new(params::decode(secret.get(1..)?).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::fixture;

    const SECRET: &str = "s3cret+/=: %ä";

    fn known() -> Vec<Application> {
        let mut basic = fixture::application("basic");
        basic.auth_method = ClientAuthMethod::ClientSecretBasic;
        basic.secrets = vec![fixture::secret("old"), fixture::secret(SECRET), fixture::secret("third")];
        let post = Application {
            id: ApplicationId::parse("post").unwrap(),
            auth_method: ClientAuthMethod::ClientSecretPost,
            ..basic.clone()
        };
        let spa = fixture::public("spa");
        let off = Application { id: ApplicationId::parse("off").unwrap(), enabled: false, ..basic.clone() };
        let open = Application {
            id: ApplicationId::parse("open").unwrap(),
            auth_method: ClientAuthMethod::None,
            ..basic.clone()
        };
        vec![basic, post, spa, off, open]
    }

    fn try_it(authorization: Option<&str>, form: &[(&str, &str)]) -> Result<String, ErrorCode> {
        let known = known();
        let form = form.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        authenticate(authorization, &Params::try_from(form).unwrap(), |id| known.iter().find(|a| a.id == *id))
            .map(|application| application.id.to_string())
            .map_err(|error| error.code)
    }

    fn header(id: &str, secret: &str) -> String {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
    }

    #[test]
    fn each_application_succeeds_with_its_own_method() {
        assert_eq!(try_it(Some(&header("basic", SECRET)), &[]), Ok("basic".to_owned()));
        assert_eq!(try_it(Some(&header("basic", "old")), &[]), Ok("basic".to_owned()));
        assert_eq!(try_it(Some(&header("basic", SECRET).replace("Basic", "bAsIc")), &[]), Ok("basic".to_owned()));
        assert_eq!(try_it(Some(header("basic", "old").trim_end_matches('=')), &[]), Ok("basic".to_owned()));
        assert_eq!(try_it(Some(&header("basic", SECRET)), &[("client_id", "basic")]), Ok("basic".to_owned()));
        assert_eq!(try_it(None, &[("client_id", "post"), ("client_secret", SECRET)]), Ok("post".to_owned()));
        assert_eq!(try_it(None, &[("client_id", "spa")]), Ok("spa".to_owned()));
        assert_eq!(try_it(None, &[("client_id", "spa"), ("client_secret", "")]), Ok("spa".to_owned()));
    }

    #[test]
    fn another_method_than_the_registered_one_is_refused() {
        assert_eq!(try_it(None, &[("client_id", "basic"), ("client_secret", SECRET)]), Err(ErrorCode::InvalidClient));
        assert_eq!(try_it(Some(&header("post", SECRET)), &[]), Err(ErrorCode::InvalidClient));
        assert_eq!(try_it(None, &[("client_id", "basic")]), Err(ErrorCode::InvalidClient));
        assert_eq!(try_it(Some(&header("spa", "")), &[]), Err(ErrorCode::InvalidClient));
        assert_eq!(try_it(None, &[("client_id", "spa"), ("client_secret", "x")]), Err(ErrorCode::InvalidClient));
    }

    #[test]
    fn a_confidential_application_never_goes_without_a_secret() {
        assert_eq!(try_it(None, &[("client_id", "open")]), Err(ErrorCode::InvalidClient));
    }

    #[test]
    fn wrong_unknown_and_disabled_answer_alike() {
        let garbage = format!("Basic {}", STANDARD.encode("no colon"));
        for authorization in [
            header("basic", "wrong"),
            header("basic", ""),
            // Two secrets at once, for rotation, and no more.
            header("basic", "third"),
            header("nobody", SECRET),
            header("off", SECRET),
            header("BASIC", SECRET),
            garbage,
            "Basic ***".to_owned(),
            "Basic".to_owned(),
            "Bearer abc".to_owned(),
            String::new(),
        ] {
            assert_eq!(try_it(Some(&authorization), &[]), Err(ErrorCode::InvalidClient), "{authorization}");
        }
        assert_eq!(try_it(None, &[]), Err(ErrorCode::InvalidClient));
        assert_eq!(try_it(None, &[("client_secret", SECRET)]), Err(ErrorCode::InvalidClient));
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        let both = [("client_id", "basic"), ("client_secret", SECRET)];
        assert_eq!(try_it(Some(&header("basic", SECRET)), &both), Err(ErrorCode::InvalidRequest));
        let other = [("client_id", "post")];
        assert_eq!(try_it(Some(&header("basic", SECRET)), &other), Err(ErrorCode::InvalidRequest));
        let assertion = [("client_assertion", "a.b.c"), ("client_id", "spa")];
        assert_eq!(try_it(None, &assertion), Err(ErrorCode::InvalidClient));
        assert_eq!(try_it(None, &[("client_id", "spa"), ("client_id", "spa")]), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn the_challenge_is_named_where_basic_was_tried() {
        let known = known();
        let find = |id: &ApplicationId| known.iter().find(|a| a.id == *id);
        let tried = authenticate(Some(&header("basic", "wrong")), &Params::empty(), find).unwrap_err();
        assert_eq!((tried.status(), tried.www_authenticate().is_some()), (401, true));
        let silent = authenticate(None, &Params::empty(), find).unwrap_err();
        assert_eq!((silent.status(), silent.www_authenticate().is_some()), (401, false));
    }
}
