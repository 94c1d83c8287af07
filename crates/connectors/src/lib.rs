//! What a connection kind is: one folder per kind; turns a protocol result into an external identity.
//!
//! The broker sees a [`Connector`]: [`Connector::begin`] says how the person travels to the provider,
//! [`Connector::complete`] checks the answer and yields an
//! [`ExternalIdentity`](usher_domain::ExternalIdentity). IO goes through the ports [`Fetch`] and [`ProviderKeys`].
//! A new kind is one folder below `kinds` and one line in its registry.
//!
//! ```
//! use usher_connectors::{fields, needs_secret_again};
//! use usher_domain::ConnectionKind;
//!
//! let issuer = fields(ConnectionKind::Oidc).iter().find(|field| field.name == "issuer").unwrap();
//! assert!(issuer.required && !issuer.secret);
//!
//! let before = serde_json::json!({ "issuer": "https://id.acme.test", "client_id": "usher" });
//! let after = serde_json::json!({ "issuer": "https://id.mallory.test", "client_id": "usher" });
//! assert!(needs_secret_again(ConnectionKind::Oidc, &before, &after));
//! ```
#![deny(missing_docs)]

mod callback;
mod connector;
mod error;
mod fetch;
mod field;
mod keys;
mod kinds;

pub use callback::Callback;
pub use connector::{Begun, Completed, Connector, Departure, HandshakeKind, PendingHandshake, Services, SignInDemand};
pub use error::ConnectorError;
pub use fetch::{Fetch, FetchError, leaked_range};
pub use field::{Field, FieldError, FieldShape};
pub use keys::{ProviderKeySet, ProviderKeys, fetch_keys};
pub use kinds::oauth2::{OAuth2Handshake, OAuth2Settings};
pub use kinds::oidc::{
    ClientAuth, DiscoveryError, EmailVerifiedReading, Endpoints, Forwarded, FreshSignIn, IdTokenAlgorithm,
    OidcHandshake, OidcSettings, Pkce,
};
pub use kinds::{
    Discovered, Group, Presentation, SettingsError, answers_by_post, asks_issuer, connector_for, discover, fields,
    needs_discovery, needs_secret_again, presentation, proves_fresh_sign_in, settings_from_form,
};
