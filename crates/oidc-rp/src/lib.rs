//! `OpenID` Connect relying party: discovery, authorization URL, code exchange, ID token checks, userinfo.
//!
//! A leaf: it knows no other crate of ours, opens no connection, reads no clock and makes no random value. The caller
//! lends an [`Http`] function, `now` and random texts. Every check is recorded in [`Checks`], passed or not.
//!
//! ```
//! use usher_oidc_rp::{CallbackRules, Checks, IssuerParameter, read_callback};
//!
//! let rules =
//!     CallbackRules { state: "s1", issuer: "https://id.acme.test", issuer_parameter: IssuerParameter::Optional };
//! let answer = [("code".to_owned(), "c1".to_owned()), ("state".to_owned(), "s1".to_owned())];
//! let mut checks = Checks::new();
//! assert!(read_callback(&answer, rules, &mut checks).is_ok());
//! assert!(checks.made().iter().any(|check| check.name == "state" && check.passed));
//! ```
#![deny(missing_docs)]

mod algorithm;
mod authorize;
mod callback;
mod check;
mod client_auth;
mod discovery;
mod http;
mod id_token;
mod json;
mod keys;
mod plain;
mod token;
mod userinfo;

#[cfg(test)]
mod tests;

pub use algorithm::IdTokenAlgorithm;
pub use authorize::{AuthorizationRequest, Prompt, RESERVED_PARAMETERS, ResponseMode, authorization_url};
pub use callback::{CallbackRules, Code, IssuerParameter, read_callback};
pub use check::{Check, Checks, OidcError, Phase};
pub use client_auth::{ClientCredentials, ClientKey, ClientKeyError};
pub use discovery::{DiscoveryError, ProviderMetadata, discover};
pub use http::{Answer, Http, HttpFault, Request, Response};
pub use id_token::{AuthTimeRule, IdTokenRules, SKEW, VerifiedIdToken, verify_id_token};
pub use keys::{ProviderKeySet, fetch_keys};
pub use plain::{PlainRequest, fetch_protected, plain_authorization_url};
pub use token::{CodeExchange, Tokens, exchange, exchange_plain};
pub use userinfo::fetch_userinfo;
