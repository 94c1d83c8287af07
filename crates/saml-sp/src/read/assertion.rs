//! The assertion, read from exactly the bytes that a signature covers (SAML core 2.3 to 2.7).

use chrono::{DateTime, Utc};
use roxmltree::Node;

use super::shell::issuer;
use super::values::{instant_of, text};
use crate::check::{SamlError, printable, steers};
use crate::gate::element_children;
use crate::names::{SAML, UNSPECIFIED, XSI};

const LONGEST_NAME_ID: usize = 1024;

/// An identifier of the subject (SAML core 2.2.2), compared character for character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameId {
    /// The identifier itself.
    pub value: String,
    /// Its format; absent means unspecified.
    pub format: String,
    /// The domain that qualifies it.
    pub name_qualifier: Option<String>,
    /// The service provider that qualifies it.
    pub sp_name_qualifier: Option<String>,
}

/// One way to confirm the subject (SAML core 2.4.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confirmation {
    /// The method's identifier.
    pub method: String,
    /// Not usable before.
    pub not_before: Option<DateTime<Utc>>,
    /// Not usable from then on.
    pub not_on_or_after: Option<DateTime<Utc>>,
    /// The address that it was made for.
    pub recipient: Option<String>,
    /// The request that it answers.
    pub in_response_to: Option<String>,
}

/// How and when the person signed in at the provider (SAML core 2.7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnStatement {
    /// When.
    pub instant: DateTime<Utc>,
    /// The provider's name for its session.
    pub session_index: Option<String>,
    /// The end of the provider's session.
    pub session_not_on_or_after: Option<DateTime<Utc>>,
    /// How: the class reference.
    pub class: Option<String>,
    /// The authorities behind the provider.
    pub authorities: Vec<String>,
}

/// One attribute (SAML core 2.7.3.1) with the values that are plain texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its friendly name: an alias for people, never an identity of its own.
    pub friendly_name: Option<String>,
    /// Its values; none is JSON null's twin.
    pub values: Vec<String>,
}

/// An assertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Its id: the key of replay protection.
    pub id: String,
    /// Who made it.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: DateTime<Utc>,
    /// Whom it speaks of.
    pub name_id: Option<NameId>,
    /// How the subject is confirmed.
    pub confirmations: Vec<Confirmation>,
    /// Not valid before.
    pub not_before: Option<DateTime<Utc>>,
    /// Not valid from then on.
    pub not_on_or_after: Option<DateTime<Utc>>,
    /// Each restriction, as a list of audiences; all restrictions must be met.
    pub audiences: Vec<Vec<String>>,
    /// How the person signed in.
    pub authn: AuthnStatement,
    /// What is said of the person.
    pub attributes: Vec<Attribute>,
}

fn wrong(detail: impl Into<String>) -> SamlError {
    SamlError::gate("assertion", detail)
}

/// Reads an assertion element that a signature covers.
pub(crate) fn read_assertion(node: Node<'_, '_>) -> Result<Assertion, SamlError> {
    if !node.has_tag_name((SAML, "Assertion")) || node.attribute("Version") != Some("2.0") {
        return Err(wrong("not an assertion of version 2.0"));
    }
    let subject = single(node, "Subject")?.ok_or_else(|| wrong("no Subject"))?;
    let conditions = single(node, "Conditions")?.ok_or_else(|| wrong("no Conditions"))?;
    let statement = single(node, "AuthnStatement")?.ok_or_else(|| wrong("no AuthnStatement"))?;
    Ok(Assertion {
        id: node.attribute("ID").filter(|id| !id.is_empty()).ok_or_else(|| wrong("no ID"))?.to_owned(),
        issuer: issuer(node)?.ok_or_else(|| wrong("no Issuer"))?,
        issue_instant: instant_of(node, "IssueInstant")?.ok_or_else(|| wrong("no IssueInstant"))?,
        name_id: name_id(subject)?,
        confirmations: children(subject, "SubjectConfirmation").map(confirmation).collect::<Result<_, _>>()?,
        not_before: instant_of(conditions, "NotBefore")?,
        not_on_or_after: instant_of(conditions, "NotOnOrAfter")?,
        audiences: audiences(conditions)?,
        authn: authn_statement(statement)?,
        attributes: attributes(node)?,
    })
}

fn children<'n, 'a: 'n>(node: Node<'n, 'a>, name: &'static str) -> impl Iterator<Item = Node<'n, 'a>> {
    element_children(node).filter(move |child| child.has_tag_name((SAML, name)))
}

/// The child of that name; two are an error.
fn single<'n, 'a: 'n>(node: Node<'n, 'a>, name: &'static str) -> Result<Option<Node<'n, 'a>>, SamlError> {
    let mut found = children(node, name);
    let first = found.next();
    if found.next().is_some() { Err(wrong(format!("two {name} elements"))) } else { Ok(first) }
}

/// The subject's identifier: not blank, at most 1 KiB, nothing that steers (SAML-50).
fn name_id(subject: Node<'_, '_>) -> Result<Option<NameId>, SamlError> {
    let Some(node) = single(subject, "NameID")? else { return Ok(None) };
    read_name_id(node).map(Some)
}

pub(super) fn read_name_id(node: Node<'_, '_>) -> Result<NameId, SamlError> {
    let value = text(node)?;
    if value.trim().is_empty() || value.trim() != value || value.len() > LONGEST_NAME_ID || value.chars().any(steers) {
        return Err(wrong("a NameID that is blank, padded, too long or holds control characters"));
    }
    Ok(NameId {
        value,
        format: node.attribute("Format").unwrap_or(UNSPECIFIED).to_owned(),
        name_qualifier: node.attribute("NameQualifier").map(str::to_owned),
        sp_name_qualifier: node.attribute("SPNameQualifier").map(str::to_owned),
    })
}

fn confirmation(node: Node<'_, '_>) -> Result<Confirmation, SamlError> {
    let method = node.attribute("Method").unwrap_or_default().to_owned();
    let Some(data) = single(node, "SubjectConfirmationData")? else {
        return Ok(Confirmation { method, ..Confirmation::default() });
    };
    Ok(Confirmation {
        method,
        not_before: instant_of(data, "NotBefore")?,
        not_on_or_after: instant_of(data, "NotOnOrAfter")?,
        recipient: data.attribute("Recipient").map(str::to_owned),
        in_response_to: data.attribute("InResponseTo").map(str::to_owned),
    })
}

/// Every condition must be understood, else the assertion is invalid (SAML core 2.5.1).
fn audiences(conditions: Node<'_, '_>) -> Result<Vec<Vec<String>>, SamlError> {
    let mut restrictions = Vec::new();
    for condition in element_children(conditions) {
        if condition.has_tag_name((SAML, "AudienceRestriction")) {
            restrictions.push(children(condition, "Audience").map(text).collect::<Result<_, _>>()?);
        } else if !condition.has_tag_name((SAML, "OneTimeUse")) && !condition.has_tag_name((SAML, "ProxyRestriction")) {
            return Err(wrong(format!("the condition {} is not known", printable(condition.tag_name().name()))));
        }
    }
    Ok(restrictions)
}

fn authn_statement(node: Node<'_, '_>) -> Result<AuthnStatement, SamlError> {
    let context = single(node, "AuthnContext")?.ok_or_else(|| wrong("no AuthnContext"))?;
    Ok(AuthnStatement {
        instant: instant_of(node, "AuthnInstant")?.ok_or_else(|| wrong("no AuthnInstant"))?,
        session_index: node.attribute("SessionIndex").map(str::to_owned),
        session_not_on_or_after: instant_of(node, "SessionNotOnOrAfter")?,
        class: single(context, "AuthnContextClassRef")?.map(text).transpose()?,
        authorities: children(context, "AuthenticatingAuthority").map(text).collect::<Result<_, _>>()?,
    })
}

/// Two attributes of one name are an error unless they say the same (SAML-51).
fn attributes(assertion: Node<'_, '_>) -> Result<Vec<Attribute>, SamlError> {
    let mut read: Vec<Attribute> = Vec::new();
    for node in children(assertion, "AttributeStatement").flat_map(|statement| children(statement, "Attribute")) {
        let attribute = attribute(node)?;
        match read.iter().find(|known| known.name == attribute.name) {
            Some(known) if known.values == attribute.values => {}
            Some(_) => return Err(wrong(format!("two attributes named {:?} that differ", printable(&attribute.name)))),
            None => read.push(attribute),
        }
    }
    Ok(read)
}

fn attribute(node: Node<'_, '_>) -> Result<Attribute, SamlError> {
    let name =
        node.attribute("Name").filter(|name| !name.is_empty()).ok_or_else(|| wrong("an attribute without a name"))?;
    let values =
        children(node, "AttributeValue").filter(|value| !is_nil(*value)).map(value).collect::<Result<_, _>>()?;
    Ok(Attribute { name: name.to_owned(), friendly_name: node.attribute("FriendlyName").map(str::to_owned), values })
}

fn is_nil(node: Node<'_, '_>) -> bool {
    matches!(node.attribute((XSI, "nil")), Some("true" | "1"))
}

/// A plain text, or the one `NameID` that some attributes carry instead (eduPersonTargetedID).
fn value(node: Node<'_, '_>) -> Result<String, SamlError> {
    let mut inner = element_children(node);
    match (inner.next(), inner.next()) {
        (Some(name_id), None) if name_id.has_tag_name((SAML, "NameID")) => text(name_id),
        (None, _) => text(node),
        _ => Err(wrong("an attribute value that holds elements")),
    }
}
