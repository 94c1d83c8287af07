//! Usher as an OpenID provider: what it says to applications, decided without IO, clock or randomness of its own.
//!
//! Requests come in as [`params::Params`], facts as arguments, the time as `now`; decisions go out as values. The one
//! exception is [`keys`], whose library draws randomness itself. The relying-party side of Usher is a different crate,
//! on purpose: the two validate opposite things.
//!
//! ```
//! use usher_domain::{Application, IssuerUrl};
//! use usher_oidc_provider::{authorize, params::Params, responses};
//!
//! let application: Application = serde_json::from_value(serde_json::json!({
//!     "id": "notes", "name": "Notes", "kind": "spa", "enabled": true, "auth_method": "none",
//!     "redirect_uris": ["https://notes.test/callback"],
//! }))?;
//! let params = Params::parse(
//!     b"client_id=notes&redirect_uri=https://notes.test/callback&response_type=code&scope=openid+email&state=af0ifjs\
//!       &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
//! )?;
//! let request = authorize::validate(&params, |id| Some(&application).filter(|a| a.id == *id))?;
//! assert_eq!(request.scopes.to_string(), "openid email");
//!
//! // ... the person signs in, a code is stored ...
//! let issuer = IssuerUrl::parse("https://id.test")?;
//! let answer = responses::success(&request, "SplxlOBeZQQYbYS6WxSbIA", &issuer);
//! assert_eq!(
//!     answer,
//!     responses::AuthorizationAnswer::Redirect {
//!         url: "https://notes.test/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjs&iss=https%3A%2F%2Fid.test".into()
//!     }
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(missing_docs)]

pub mod authorize;
pub mod bearer;
pub mod claims;
pub mod client_auth;
pub mod cors;
pub mod discovery;
pub mod error;
mod jws;
pub mod keys;
pub mod logout;
pub mod opaque;
pub mod params;
pub mod pkce;
pub mod redirect_uri;
pub mod responses;
pub mod scope;
pub mod token;
pub mod tokens;

#[cfg(test)]
mod fixture;
