//! RP-initiated logout: whether to end the session at once, to ask first, and where to go afterwards.
//!
//! Follows OIDC RP-Initiated Logout 1.0 sections 2 and 3. A redirect happens only for an ID token that we gave to the very
//! application whose registered URI is asked for, byte for byte. Ending sessions, and telling others, is the broker's.

use usher_domain::{Application, ApplicationId, IssuerUrl};

use crate::authorize::ShownError;
use crate::keys::KeyRing;
use crate::params::Params;
use crate::responses::append_query;
use crate::tokens::{IdTokenHint, verify_id_token_hint};

/// Parameters that must not come twice.
const SINGLE: [&str; 6] =
    ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "logout_hint", "ui_locales"];

/// What a logout request is judged against.
#[derive(Debug, Clone, Copy)]
pub struct LogoutContext<'a> {
    /// Our keys.
    pub ring: &'a KeyRing,
    /// Our issuer.
    pub issuer: &'a IssuerUrl,
    /// The `sub` of whoever is signed in in this browser, if anybody.
    pub session_subject: Option<&'a str>,
}

/// What to do about a logout request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutOutcome {
    /// An application proved that it may end this session.
    LogOutNow {
        /// Whom the application means.
        hint: IdTokenHint,
        /// Where to go, `state` included; absent: to our own page.
        redirect: Option<String>,
    },
    /// Anybody may have sent the person here: a page asks, and nothing follows it (OAUTH-29).
    AskFirst,
}

/// Decides about a logout request; `find` looks an application up by its id.
pub fn validate<'a>(
    params: &Params,
    context: &LogoutContext<'_>,
    find: impl FnOnce(&ApplicationId) -> Option<&'a Application>,
) -> Result<LogoutOutcome, ShownError> {
    if let Some(name) = params.first_duplicate(&SINGLE) {
        return Err(ShownError::Duplicate(name));
    }
    let hint = params
        .get("id_token_hint")
        .and_then(|token| verify_id_token_hint(context.ring, token, context.issuer).ok())
        // Section 2: client_id must be the audience of the hint.
        .filter(|hint| params.get("client_id").is_none_or(|id| id == hint.application.as_str()))
        // A hint for somebody else than whoever sits here proves nothing about this session.
        .filter(|hint| context.session_subject.is_none_or(|subject| subject == hint.subject));
    let Some(hint) = hint else { return Ok(LogoutOutcome::AskFirst) };
    let redirect = find(&hint.application)
        .filter(|application| application.id == hint.application && application.enabled)
        .and_then(|application| redirect(params, application));
    Ok(LogoutOutcome::LogOutNow { hint, redirect })
}

/// The registered URI that is asked for; an unregistered one is dropped, and our own page is shown.
fn redirect(params: &Params, application: &Application) -> Option<String> {
    let asked = params.get("post_logout_redirect_uri")?;
    let registered = application.post_logout_redirect_uris.iter().find(|uri| uri.as_str() == asked)?;
    Some(match params.get("state") {
        Some(state) => append_query(registered.as_str(), &[("state", state)]),
        None => registered.as_str().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_domain::{Claims, SigningAlgorithm};

    use super::*;
    use crate::fixture::{self, issuer, now};
    use crate::tokens::{IdTokenParts, id_token};

    fn hint_of(ring: &KeyRing, audience: &str, life: i64) -> String {
        let parts = IdTokenParts {
            issuer: &issuer(),
            subject: "ann",
            audience: &ApplicationId::parse(audience).unwrap(),
            issued_at: now(),
            expires_at: now() + TimeDelta::seconds(life),
            auth_time: now(),
            nonce: None,
            acr: None,
            amr: &[],
            session: None,
            access_token: None,
            claims: &Claims::new(),
        };
        id_token(ring.signer(SigningAlgorithm::Rs256).unwrap(), &parts).unwrap()
    }

    fn decide(session_subject: Option<&str>, pairs: &[(&str, &str)]) -> Result<LogoutOutcome, ShownError> {
        let ring = fixture::ring();
        let off = Application { enabled: false, ..fixture::application("off") };
        let known = [fixture::application("app"), fixture::application("other"), off];
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let context = LogoutContext { ring: &ring, issuer: &issuer(), session_subject };
        validate(&Params::try_from(pairs).unwrap(), &context, |id| known.iter().find(|a| a.id == *id))
    }

    /// Where the person ends up: `ask` for the page that asks, `own` for our own page after logging out, or a URL.
    fn go(session_subject: Option<&str>, pairs: &[(&str, &str)]) -> String {
        match decide(session_subject, pairs).unwrap() {
            LogoutOutcome::LogOutNow { redirect, .. } => redirect.unwrap_or_else(|| "own".to_owned()),
            LogoutOutcome::AskFirst => "ask".to_owned(),
        }
    }

    const BYE: (&str, &str) = ("post_logout_redirect_uri", "https://a.test/bye");

    #[test]
    fn oauth_29_a_valid_hint_and_uri_lead_back_with_state() {
        let hint = hint_of(&fixture::ring(), "app", 60);
        let hint = ("id_token_hint", hint.as_str());
        let bye = "https://a.test/bye";
        assert_eq!(go(Some("ann"), &[hint, BYE]), bye);
        assert_eq!(go(None, &[hint, BYE]), bye);
        assert_eq!(go(Some("ann"), &[hint, BYE, ("client_id", "app")]), bye);
        assert_eq!(go(Some("ann"), &[hint, BYE, ("state", "a b&c")]), "https://a.test/bye?state=a%20b%26c");
    }

    #[test]
    fn oauth_29_an_expired_hint_is_still_a_hint() {
        let hint = hint_of(&fixture::ring(), "app", -1_000_000);
        assert_eq!(go(Some("ann"), &[("id_token_hint", &hint), BYE]), "https://a.test/bye");
    }

    #[test]
    fn oauth_29_an_unregistered_uri_is_not_followed() {
        let hint = hint_of(&fixture::ring(), "app", 60);
        for uri in
            ["https://mallory.test/", "https://a.test/bye?x=1", "https://a.test/bye/", "https://a.test/cb", "//x"]
        {
            let asked = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", uri), ("state", "s")];
            assert_eq!(go(Some("ann"), &asked), "own", "{uri}");
        }
    }

    #[test]
    fn oauth_29_without_a_valid_hint_a_page_asks_and_nothing_follows() {
        let good = hint_of(&fixture::ring(), "app", 60);
        let foreign = hint_of(&fixture::foreign_ring(), "app", 60);
        let none = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
        assert_eq!(go(Some("ann"), &[]), "ask");
        assert_eq!(go(Some("ann"), &[("state", "s")]), "ask");
        assert_eq!(go(Some("ann"), &[BYE]), "ask");
        assert_eq!(go(Some("ann"), &[BYE, ("client_id", "app")]), "ask");
        for hint in [&foreign, &none, "x"] {
            assert_eq!(go(Some("ann"), &[("id_token_hint", hint), BYE]), "ask");
        }
        // Another application's hint, and another person's.
        assert_eq!(go(Some("ann"), &[("id_token_hint", &good), BYE, ("client_id", "other")]), "ask");
        assert_eq!(go(Some("bob"), &[("id_token_hint", &good), BYE]), "ask");
    }

    #[test]
    fn the_hint_says_whose_uris_count() {
        for gone in ["gone", "off"] {
            let hint = hint_of(&fixture::ring(), gone, 60);
            assert_eq!(go(Some("ann"), &[("id_token_hint", &hint), BYE]), "own", "{gone}");
        }
    }

    #[test]
    fn duplicates_are_shown() {
        assert_eq!(decide(None, &[BYE, BYE]), Err(ShownError::Duplicate("post_logout_redirect_uri")));
    }
}
