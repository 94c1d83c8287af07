//! Requests for a sign-in (SAML core 3.4.1).

use chrono::{DateTime, SecondsFormat, Utc};

use super::Element;
use crate::names::{POST, SAML, SAMLP};
use crate::signing::{SigningFailed, SigningKey, enveloped};

pub(super) const P: (&str, &str) = ("samlp", SAMLP);
pub(super) const A: (&str, &str) = ("saml", SAML);

/// How asked and used contexts are compared (SAML core 3.3.2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContextComparison {
    /// One of those named.
    #[default]
    Exact,
    /// At least as strong as one of those named.
    Minimum,
    /// Stronger than any of those named.
    Better,
    /// As strong as possible, not stronger than one of those named.
    Maximum,
}

impl ContextComparison {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Minimum => "minimum",
            Self::Better => "better",
            Self::Maximum => "maximum",
        }
    }
}

/// The ways of signing in that are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestedContext {
    /// Class references, best first; none: nothing is asked.
    pub classes: Vec<String>,
    /// How they are compared.
    pub comparison: ContextComparison,
}

/// A request for a sign-in. The answer always comes by POST.
#[derive(Debug, Clone)]
pub struct AuthnRequest<'a> {
    /// Its id, at least 128 random bits behind a `_`.
    pub id: &'a str,
    /// Now.
    pub issue_instant: DateTime<Utc>,
    /// Our entity id.
    pub issuer: &'a str,
    /// The provider's address that it is sent to.
    pub destination: &'a str,
    /// Our address for the answer.
    pub consumer: &'a str,
    /// The provider must ask the person again.
    pub force: Option<Force>,
    /// The identifier format that is asked for; `None` leaves it to the provider.
    pub name_id_format: Option<&'a str>,
    /// The ways of signing in that are asked for.
    pub context: Option<&'a RequestedContext>,
    /// Whom we expect (SAML core 2.4.1 as a hint).
    pub subject: Option<&'a str>,
}

/// What the provider may do with the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// `ForceAuthn`: ask again.
    Again,
    /// `IsPassive`: show nothing.
    Passive,
}

impl AuthnRequest<'_> {
    /// The message, unsigned: for the redirect binding, whose signature stands in the query.
    pub fn unsigned(&self) -> String {
        self.element().canonical()
    }

    /// The message with a signature inside: for the POST binding.
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
        let policy = Element::new(P, "NameIDPolicy")
            .attribute("AllowCreate", "true")
            .attribute_if("Format", self.name_id_format);
        let request = Element::new(P, "AuthnRequest")
            .attribute("AssertionConsumerServiceURL", self.consumer)
            .attribute("Destination", self.destination)
            .attribute("ID", self.id)
            .attribute("IssueInstant", instant(self.issue_instant))
            .attribute("ProtocolBinding", POST)
            .attribute("Version", "2.0")
            .attribute_if("ForceAuthn", (self.force == Some(Force::Again)).then_some("true"))
            .attribute_if("IsPassive", (self.force == Some(Force::Passive)).then_some("true"))
            .child(Element::new(A, "Issuer").text(self.issuer));
        let subject =
            self.subject.map(|subject| Element::new(A, "Subject").child(Element::new(A, "NameID").text(subject)));
        request
            .children(subject)
            .child(policy)
            .children(self.context.filter(|asked| !asked.classes.is_empty()).map(context))
    }
}

fn context(asked: &RequestedContext) -> Element {
    let classes = asked.classes.iter().map(|class| Element::new(A, "AuthnContextClassRef").text(class.as_str()));
    Element::new(P, "RequestedAuthnContext").attribute("Comparison", asked.comparison.as_str()).children(classes)
}

/// An instant as messages carry it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
