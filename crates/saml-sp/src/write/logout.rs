//! Logout messages (SAML core 3.7).

use chrono::{DateTime, TimeDelta, Utc};

use super::Element;
use super::authn_request::{A, P, instant};
use crate::names::{SUCCESS, UNSPECIFIED};
use crate::read::NameId;
use crate::signing::{SigningFailed, SigningKey, enveloped};

const LIFE: TimeDelta = TimeDelta::minutes(5);

/// A request to end a session at the provider.
#[derive(Debug, Clone)]
pub struct LogoutDemand<'a> {
    /// Its id, at least 128 random bits behind a `_`.
    pub id: &'a str,
    /// Now.
    pub issue_instant: DateTime<Utc>,
    /// Our entity id.
    pub issuer: &'a str,
    /// The provider's address that it is sent to.
    pub destination: &'a str,
    /// Whose session, exactly as the assertion named the person.
    pub name_id: &'a NameId,
    /// Which session.
    pub session_index: Option<&'a str>,
}

impl LogoutDemand<'_> {
    /// Without a signature inside, for the redirect binding.
    pub fn unsigned(&self) -> String {
        self.element().canonical()
    }

    /// With a signature inside, for the POST binding.
    ///
    /// # Errors
    ///
    /// [`SigningFailed`].
    pub fn signed(&self, key: &SigningKey) -> Result<String, SigningFailed> {
        let element = self.element();
        let signature = enveloped(&element, self.id, key)?;
        Ok(element.with_child_at(1, signature).canonical())
    }

    fn element(&self) -> Element {
        let name_id = Element::new(A, "NameID")
            .attribute_if("Format", (self.name_id.format != UNSPECIFIED).then_some(self.name_id.format.as_str()))
            .attribute_if("NameQualifier", self.name_id.name_qualifier.as_deref())
            .attribute_if("SPNameQualifier", self.name_id.sp_name_qualifier.as_deref())
            .text(self.name_id.value.as_str());
        let message = Element::new(P, "LogoutRequest")
            .attribute("NotOnOrAfter", instant(self.issue_instant + LIFE))
            .child(Element::new(A, "Issuer").text(self.issuer))
            .child(name_id)
            .children(self.session_index.map(|index| Element::new(P, "SessionIndex").text(index)));
        head(message, self.id, self.issue_instant, self.destination)
    }
}

/// An answer to the provider's logout request.
#[derive(Debug, Clone)]
pub struct LogoutAnswer<'a> {
    /// Its id.
    pub id: &'a str,
    /// Now.
    pub issue_instant: DateTime<Utc>,
    /// Our entity id.
    pub issuer: &'a str,
    /// The provider's address that it is sent to.
    pub destination: &'a str,
    /// The request that it answers.
    pub in_response_to: &'a str,
    /// What happened: a top-level status code, and perhaps a second one.
    pub status: LogoutStatus,
}

/// How a logout ended here (SAML core 3.7.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutStatus {
    /// All sessions that were named are over.
    Done,
    /// Some applications could not be told.
    Partial,
    /// The request was refused.
    Refused,
}

impl LogoutAnswer<'_> {
    /// Without a signature inside, for the redirect binding.
    pub fn unsigned(&self) -> String {
        self.element().canonical()
    }

    /// With a signature inside, for the POST binding.
    ///
    /// # Errors
    ///
    /// [`SigningFailed`].
    pub fn signed(&self, key: &SigningKey) -> Result<String, SigningFailed> {
        let element = self.element();
        let signature = enveloped(&element, self.id, key)?;
        Ok(element.with_child_at(1, signature).canonical())
    }

    fn element(&self) -> Element {
        let code = |value: &str| Element::new(P, "StatusCode").attribute("Value", value);
        let status = match self.status {
            LogoutStatus::Done => code(SUCCESS),
            LogoutStatus::Partial => code(SUCCESS).child(code("urn:oasis:names:tc:SAML:2.0:status:PartialLogout")),
            LogoutStatus::Refused => code("urn:oasis:names:tc:SAML:2.0:status:Requester"),
        };
        let message = Element::new(P, "LogoutResponse")
            .attribute("InResponseTo", self.in_response_to)
            .child(Element::new(A, "Issuer").text(self.issuer))
            .child(Element::new(P, "Status").child(status));
        head(message, self.id, self.issue_instant, self.destination)
    }
}

fn head(message: Element, id: &str, at: DateTime<Utc>, destination: &str) -> Element {
    message
        .attribute("Destination", destination)
        .attribute("ID", id)
        .attribute("IssueInstant", instant(at))
        .attribute("Version", "2.0")
}
