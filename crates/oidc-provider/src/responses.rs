//! Answers of the authorization endpoint: what goes back to the application, by redirect or by form.
//!
//! Follows RFC 6749 sections 4.1.2 and 4.1.2.1, OAuth 2.0 Form Post Response Mode, and RFC 9207: every answer names the
//! issuer, errors too, so that an application with several providers cannot be mixed up (OAUTH-33).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use usher_domain::IssuerUrl;

use crate::authorize::{AuthorizationRequest, ResponseMode, ReturnedError};

/// Everything but RFC 3986 unreserved characters; a space becomes `%20`, which every decoder reads alike.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An answer, ready to be sent. It may be kept (sealed) to be sent once more to the same browser.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum AuthorizationAnswer {
    /// A 303 to this URL.
    Redirect {
        /// The redirect URI with the answer in its query.
        url: String,
    },
    /// A page with a form that posts itself. Escaping is the template's work.
    FormPost {
        /// The redirect URI, untouched.
        action: String,
        /// Names and values of the hidden fields.
        fields: Vec<(String, String)>,
    },
}

/// Without its content, which may hold a code.
impl std::fmt::Debug for AuthorizationAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Redirect { .. } => "Redirect",
            Self::FormPost { .. } => "FormPost",
        })
    }
}

/// The answer of a finished sign-in.
pub fn success(request: &AuthorizationRequest, code: &str, issuer: &IssuerUrl) -> AuthorizationAnswer {
    let mut fields = vec![("code", code)];
    fields.extend(request.state.as_deref().map(|state| ("state", state)));
    fields.push(("iss", issuer.as_str()));
    answer(request.redirect_uri.as_str(), request.response_mode, &fields)
}

/// The answer of a refused request or sign-in.
pub fn error(error: &ReturnedError, issuer: &IssuerUrl) -> AuthorizationAnswer {
    let mut fields = vec![("error", error.error.as_str()), ("error_description", error.description.as_str())];
    fields.extend(error.state.as_deref().map(|state| ("state", state)));
    fields.push(("iss", issuer.as_str()));
    answer(error.redirect_uri.as_str(), error.response_mode, &fields)
}

fn answer(redirect_uri: &str, mode: ResponseMode, fields: &[(&str, &str)]) -> AuthorizationAnswer {
    match mode {
        ResponseMode::Query => AuthorizationAnswer::Redirect { url: append_query(redirect_uri, fields) },
        ResponseMode::FormPost => AuthorizationAnswer::FormPost {
            action: redirect_uri.to_owned(),
            fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        },
    }
}

/// Puts fields behind the query of a URI, which stays as it is byte for byte (RFC 6749 section 3.1.2). The result is
/// ASCII without control characters whatever the values are: no header can be split.
pub fn append_query(uri: &str, fields: &[(&str, &str)]) -> String {
    let mut url = uri.to_owned();
    for (name, value) in fields {
        if !url.contains('?') {
            url.push('?');
        } else if !url.ends_with(['?', '&']) {
            url.push('&');
        }
        url.extend(utf8_percent_encode(name, QUERY_VALUE));
        url.push('=');
        url.extend(utf8_percent_encode(value, QUERY_VALUE));
    }
    url
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use usher_domain::RedirectUri;

    use super::*;
    use crate::authorize::validate;
    use crate::error::ErrorCode;
    use crate::fixture::{self, issuer};
    use crate::params::Params;

    fn refused(uri: &str, mode: ResponseMode, state: Option<&str>) -> ReturnedError {
        ReturnedError {
            redirect_uri: RedirectUri::parse(uri).unwrap(),
            response_mode: mode,
            state: state.map(str::to_owned),
            error: ErrorCode::LoginRequired,
            description: "nobody is signed in".to_owned(),
        }
    }

    fn query_of(answer: &AuthorizationAnswer) -> HashMap<String, String> {
        let AuthorizationAnswer::Redirect { url } = answer else { panic!("not a redirect") };
        url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
    }

    #[test]
    fn oauth_33_errors_carry_the_issuer_in_both_modes() {
        let query = query_of(&error(&refused("https://a.test/cb", ResponseMode::Query, Some("s")), &issuer()));
        assert_eq!(query["iss"], "https://id.test");
        assert_eq!(query["error"], "login_required");
        assert_eq!(query["state"], "s");
        let AuthorizationAnswer::FormPost { action, fields } =
            error(&refused("https://a.test/cb", ResponseMode::FormPost, None), &issuer())
        else {
            panic!("not a form")
        };
        assert_eq!(action, "https://a.test/cb");
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["error", "error_description", "iss"]);
    }

    #[test]
    fn oauth_33_success_carries_code_state_and_issuer_in_both_modes() {
        for mode in ["query", "form_post"] {
            let application = fixture::application("app");
            let pairs = [
                ("client_id", "app"),
                ("redirect_uri", "https://a.test/cb"),
                ("response_type", "code"),
                ("scope", "openid"),
                ("state", "\"><script>"),
                ("response_mode", mode),
            ];
            let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let request = validate(&Params::try_from(pairs).unwrap(), |_| Some(&application)).unwrap();
            let fields: HashMap<String, String> = match success(&request, "c0de", &issuer()) {
                AuthorizationAnswer::FormPost { action, fields } => {
                    assert_eq!((mode, action.as_str()), ("form_post", "https://a.test/cb"));
                    fields.into_iter().collect()
                }
                redirect @ AuthorizationAnswer::Redirect { .. } => query_of(&redirect),
            };
            let expected = [("code", "c0de"), ("state", "\"><script>"), ("iss", "https://id.test")];
            assert_eq!(fields, expected.map(|(n, v)| (n.to_owned(), v.to_owned())).into());
        }
    }

    #[test]
    fn a_query_that_is_there_already_stays() {
        for (uri, expected) in [
            ("https://a.test/cb", "https://a.test/cb?a=1&b=2"),
            ("https://a.test/cb?", "https://a.test/cb?a=1&b=2"),
            ("https://a.test/cb?x=y%20z", "https://a.test/cb?x=y%20z&a=1&b=2"),
            ("https://a.test/cb?x&", "https://a.test/cb?x&a=1&b=2"),
            ("com.example.app:/cb", "com.example.app:/cb?a=1&b=2"),
        ] {
            assert_eq!(append_query(uri, &[("a", "1"), ("b", "2")]), expected);
        }
    }

    #[test]
    fn oauth_09_state_comes_back_byte_for_byte() {
        let printable: String = (0x20_u8..0x7f).map(char::from).collect();
        for state in [
            printable.as_str(),
            "ä\u{1f600}",
            "a\r\nLocation: https://mallory.test",
            "\0",
            "\"><script>alert(1)</script>",
        ] {
            let answer = error(&refused("https://a.test/cb?k=v", ResponseMode::Query, Some(state)), &issuer());
            assert_eq!(query_of(&answer)["state"], state);
            let AuthorizationAnswer::Redirect { url } = answer else { panic!("not a redirect") };
            assert!(url.bytes().all(|b| (0x21..0x7f).contains(&b)), "{url}");
        }
    }

    #[test]
    fn an_absent_state_is_not_invented() {
        let query = query_of(&error(&refused("https://a.test/cb", ResponseMode::Query, None), &issuer()));
        assert!(!query.contains_key("state"));
    }

    #[test]
    fn an_answer_does_not_print_its_code() {
        let answer = AuthorizationAnswer::Redirect { url: "https://a.test/cb?code=hunter2".to_owned() };
        assert_eq!(format!("{answer:?}"), "Redirect");
    }
}
