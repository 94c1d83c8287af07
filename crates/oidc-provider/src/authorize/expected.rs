//! Whom an application expects: `id_token_hint` and a `sub` asked for in the `claims` parameter.
//!
//! Follows OIDC Core sections 3.1.2.1, 3.1.2.2 (4) and 5.5.1. A hint that cannot be verified fits nobody: an application that
//! named Ann must not get Bob because its hint was spoilt (OAUTH-26).

use usher_domain::IssuerUrl;

use super::AuthorizationRequest;
use crate::keys::KeyRing;
use crate::tokens::verify_id_token_hint;

/// Whose session may answer a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedSubject {
    /// Whoever is signed in.
    Anybody,
    /// Only the person with this `sub`; for anybody else the answer is `login_required`, even after a fresh sign-in.
    Exactly(String),
    /// Nobody who is signed in already: the application names somebody in a way that proves nothing. A fresh sign-in is fine.
    Nobody,
}

impl ExpectedSubject {
    /// Whether a session of this `sub` may answer.
    pub fn fits_session(&self, subject: &str) -> bool {
        match self {
            Self::Anybody => true,
            Self::Exactly(expected) => expected == subject,
            Self::Nobody => false,
        }
    }

    /// Whether a person who has just signed in may be handed to the application.
    pub fn fits_sign_in(&self, subject: &str) -> bool {
        *self == Self::Nobody || self.fits_session(subject)
    }
}

/// Whom a request expects.
pub fn expected_subject(request: &AuthorizationRequest, ring: &KeyRing, issuer: &IssuerUrl) -> ExpectedSubject {
    let hinted = request.id_token_hint.as_deref().map(|token| {
        verify_id_token_hint(ring, token, issuer)
            .ok()
            .filter(|hint| hint.application == request.application)
            .map(|hint| hint.subject)
    });
    match (hinted, request.claims.required_subject()) {
        (None, None) => ExpectedSubject::Anybody,
        (None, Some(subject)) => ExpectedSubject::Exactly(subject.to_owned()),
        (Some(Some(hinted)), None) => ExpectedSubject::Exactly(hinted),
        (Some(Some(hinted)), Some(subject)) if hinted == subject => ExpectedSubject::Exactly(hinted),
        (Some(_), _) => ExpectedSubject::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use usher_domain::{ApplicationId, Claims, SigningAlgorithm};

    use super::*;
    use crate::authorize::{ClaimsRequest, validate};
    use crate::fixture::{self, issuer, now};
    use crate::params::Params;
    use crate::tokens::{IdTokenParts, id_token};

    fn hint(ring: &KeyRing, subject: &str, audience: &str) -> String {
        let parts = IdTokenParts {
            issuer: &issuer(),
            subject,
            audience: &ApplicationId::parse(audience).unwrap(),
            issued_at: now(),
            expires_at: now() - TimeDelta::days(1),
            auth_time: now(),
            nonce: None,
            acr: None,
            amr: &[],
            session: None,
            access_token: None,
            claims: &Claims::new(),
        };
        id_token(ring.signer(SigningAlgorithm::Es256).unwrap(), &parts).unwrap()
    }

    fn expected(hint: Option<&str>, subject: Option<&str>) -> ExpectedSubject {
        let application = fixture::application("app");
        let good = b"client_id=app&redirect_uri=https://a.test/cb&response_type=code&scope=openid";
        let mut request = validate(&Params::parse(good).unwrap(), |_| Some(&application)).unwrap();
        request.id_token_hint = hint.map(str::to_owned);
        if let Some(subject) = subject {
            let claims = serde_json::json!({"id_token": {"sub": {"value": subject}}});
            request.claims = ClaimsRequest::parse(&claims.to_string()).unwrap();
        }
        expected_subject(&request, &fixture::ring(), &issuer())
    }

    #[test]
    fn oauth_26_a_hint_names_the_one_person_who_may_answer() {
        let ann = ExpectedSubject::Exactly("ann".to_owned());
        assert_eq!(expected(None, None), ExpectedSubject::Anybody);
        assert_eq!(expected(Some(&hint(&fixture::ring(), "ann", "app")), None), ann);
        assert_eq!(expected(None, Some("ann")), ann);
        assert_eq!(expected(Some(&hint(&fixture::ring(), "ann", "app")), Some("ann")), ann);
        assert!(ann.fits_session("ann") && ann.fits_sign_in("ann"));
        assert!(!ann.fits_session("bob") && !ann.fits_sign_in("bob"));
    }

    #[test]
    fn oauth_26_a_spoilt_hint_fits_no_session() {
        let good = hint(&fixture::ring(), "ann", "app");
        let none = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
        let foreign = hint(&fixture::foreign_ring(), "ann", "app");
        let other = hint(&fixture::ring(), "ann", "other");
        for spoilt in [none.as_str(), &foreign, &other, "x", &"x".repeat(64 * 1024)] {
            assert_eq!(expected(Some(spoilt), None), ExpectedSubject::Nobody);
        }
        assert_eq!(expected(Some(&good), Some("bob")), ExpectedSubject::Nobody);
        assert!(!ExpectedSubject::Nobody.fits_session("ann"));
        assert!(ExpectedSubject::Nobody.fits_sign_in("ann"));
    }
}
