//! What the outside of a protocol message claims. It may be unsigned: its values are compared, never adopted.

use chrono::{DateTime, Utc};
use roxmltree::Node;

use super::values::{instant_of, text};
use crate::check::{SamlError, printable};
use crate::gate::element_children;
use crate::names::{ENTITY, SAML, SAMLP, SUCCESS};

/// The common attributes of a message (SAML core 3.2.1 and 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shell {
    pub id: String,
    pub version: Option<String>,
    pub issue_instant: Option<DateTime<Utc>>,
    pub destination: Option<String>,
    pub in_response_to: Option<String>,
    pub issuer: Option<String>,
    /// `None` for requests.
    pub status: Option<Status>,
}

/// What the provider says of its own success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    /// The innermost code, cut to its last part, and the message.
    Failed {
        code: String,
        message: Option<String>,
    },
}

pub(crate) fn read_shell(root: Node<'_, '_>) -> Result<Shell, SamlError> {
    Ok(Shell {
        id: root.attribute("ID").unwrap_or_default().to_owned(),
        version: root.attribute("Version").map(str::to_owned),
        issue_instant: instant_of(root, "IssueInstant")?,
        destination: root.attribute("Destination").map(str::to_owned),
        in_response_to: root.attribute("InResponseTo").map(str::to_owned),
        issuer: issuer(root)?,
        status: status(root)?,
    })
}

/// The issuer below a message or an assertion (SAML core 2.2.5): an entity id, without qualifiers.
pub(super) fn issuer(node: Node<'_, '_>) -> Result<Option<String>, SamlError> {
    let mut found = element_children(node).filter(|child| child.has_tag_name((SAML, "Issuer")));
    let Some(issuer) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(SamlError::gate("structure", "two issuers"));
    }
    let plain = issuer.attributes().all(|attribute| attribute.name() == "Format" && attribute.value() == ENTITY);
    if !plain {
        return Err(SamlError::gate("content", "an issuer with qualifiers or of another format"));
    }
    text(issuer).map(Some)
}

fn status(root: Node<'_, '_>) -> Result<Option<Status>, SamlError> {
    let Some(status) = element_children(root).find(|child| child.has_tag_name((SAMLP, "Status"))) else {
        return Ok(None);
    };
    let mut codes = element_children(status).filter(|child| child.has_tag_name((SAMLP, "StatusCode")));
    let (Some(code), None) = (codes.next(), codes.next()) else {
        return Err(SamlError::gate("structure", "a status without one code"));
    };
    let outer = code.attribute("Value").unwrap_or_default();
    let inner = element_children(code).find(|child| child.has_tag_name((SAMLP, "StatusCode")));
    if outer == SUCCESS && inner.is_none() {
        return Ok(Some(Status::Success));
    }
    let message = element_children(status).find(|child| child.has_tag_name((SAMLP, "StatusMessage")));
    let message = message.map(text).transpose()?.map(|said| printable(&said));
    let value = inner.and_then(|inner| inner.attribute("Value")).unwrap_or(outer);
    let code = printable(value.rsplit(':').next().unwrap_or_default());
    Ok(Some(Status::Failed { code, message }))
}
