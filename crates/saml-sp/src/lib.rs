//! SAML 2.0 service provider: requests, answers, logout, metadata of both sides.
//!
//! A leaf: it knows no other crate of ours, opens no connection, reads no clock and makes no random value. samael is
//! used behind a fence (`verify.rs`): foreign bytes meet the gate first, and what is believed is read by ourselves from
//! exactly the bytes that a signature covers. Verification blocks: call it off the async threads.
#![deny(missing_docs)]

mod certificate;
mod check;
mod decrypt;
mod gate;
mod logout;
mod metadata;
mod names;
mod quiet;
mod read;
mod redirect;
mod response;
mod signing;
mod verify;
mod write;

#[cfg(test)]
mod tests;

pub use certificate::{Certificate, CertificateError, KeyKind};
pub use check::{Check, Checks, Phase, SamlError};
pub use decrypt::{Cbc, DecryptionKey, KeyUnreadable};
pub use gate::MAX_MESSAGE;
pub use logout::{
    Arrived, LogoutRequest, LogoutResponse, LogoutRules, read_request as read_logout_request,
    read_response as read_logout_response,
};
pub use metadata::{
    Aggregate, Endpoint, ForPeople, IdentityProvider, MetadataError, read_aggregate, read_identity_provider,
};
pub use read::{Assertion, Attribute, AuthnStatement, Confirmation, NameId};
pub use redirect::{MessageKind, QueryMessage, read_post, read_query, write_query};
pub use response::{
    Expected, MAX_AGE, ResponseClaims, ResponseRules, ResponseSignature, VerifiedResponse, peek_response, read_response,
};
pub use signing::{SigningFailed, SigningKey};
pub use write::{
    AuthnRequest, ContextComparison, Force, LogoutAnswer, LogoutDemand, LogoutStatus, RequestedContext,
    ServiceProvider, SignsRequests, SpKeys,
};
