//! What several test modules need: applications, keys, an issuer. Test code only.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use usher_domain::{
    Application, ApplicationClaims, ApplicationId, ApplicationKind, ApplicationSecret, ClientAuthMethod, IssuerUrl,
    KeyId, RedirectUri, SignInPageStyle, SigningAlgorithm,
};

use crate::keys::{KeyRing, KeyRole, SigningKey, generate_pkcs8};
use crate::opaque::sha256_hex;

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(crate) fn issuer() -> IssuerUrl {
    IssuerUrl::parse("https://id.test").unwrap()
}

pub(crate) fn secret(text: &str) -> ApplicationSecret {
    ApplicationSecret { sha256: sha256_hex(text), ending: String::new(), created_at: now() }
}

/// A confidential application, authenticating by Basic with the secret `secret`.
pub(crate) fn application(id: &str) -> Application {
    Application {
        id: ApplicationId::parse(id).unwrap(),
        name: "App".to_owned(),
        kind: ApplicationKind::Web,
        enabled: true,
        auth_method: ClientAuthMethod::ClientSecretBasic,
        secrets: vec![secret("secret")],
        redirect_uris: vec![RedirectUri::parse("https://a.test/cb").unwrap()],
        post_logout_redirect_uris: vec![RedirectUri::parse("https://a.test/bye").unwrap()],
        origins: Vec::new(),
        id_token_alg: SigningAlgorithm::Rs256,
        connections: None,
        local_sign_in: true,
        local_account_required: false,
        sign_in_page: SignInPageStyle::default(),
        claims: ApplicationClaims::default(),
        home_url: None,
        revision: 0,
    }
}

/// A public application.
pub(crate) fn public(id: &str) -> Application {
    Application {
        kind: ApplicationKind::Spa,
        auth_method: ClientAuthMethod::None,
        secrets: Vec::new(),
        ..application(id)
    }
}

/// PKCS#8 of one key per algorithm, made once for all tests.
fn pkcs8(alg: SigningAlgorithm) -> &'static [u8] {
    static RSA: OnceLock<Vec<u8>> = OnceLock::new();
    static EC: OnceLock<Vec<u8>> = OnceLock::new();
    let cell = match alg {
        SigningAlgorithm::Rs256 => &RSA,
        SigningAlgorithm::Es256 => &EC,
    };
    cell.get_or_init(|| generate_pkcs8(alg).unwrap())
}

pub(crate) fn key(kid: &str, alg: SigningAlgorithm) -> SigningKey {
    SigningKey::from_pkcs8(KeyId::parse(kid).unwrap(), alg, pkcs8(alg)).unwrap()
}

/// One current key per algorithm: `rsa` and `ec`.
pub(crate) fn ring() -> KeyRing {
    KeyRing::new(vec![
        (KeyRole::Current, key("rsa", SigningAlgorithm::Rs256)),
        (KeyRole::Current, key("ec", SigningAlgorithm::Es256)),
    ])
    .unwrap()
}

/// Keys of somebody else under the same key ids.
pub(crate) fn foreign_ring() -> KeyRing {
    let foreign = |kid: &str, alg| {
        SigningKey::from_pkcs8(KeyId::parse(kid).unwrap(), alg, &generate_pkcs8(alg).unwrap()).unwrap()
    };
    KeyRing::new(vec![
        (KeyRole::Current, foreign("rsa", SigningAlgorithm::Rs256)),
        (KeyRole::Current, foreign("ec", SigningAlgorithm::Es256)),
    ])
    .unwrap()
}
