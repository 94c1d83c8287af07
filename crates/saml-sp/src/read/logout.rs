//! Logout requests (SAML core 3.7.1), read from verified characters.

use chrono::{DateTime, Utc};
use roxmltree::Node;

use super::assertion::{NameId, read_name_id};
use super::values::{instant_of, text};
use crate::check::SamlError;
use crate::gate::element_children;
use crate::names::{SAML, SAMLP};

/// What a logout request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogoutBody {
    pub name_id: NameId,
    /// The sessions to end; none means all of the subject's.
    pub session_indexes: Vec<String>,
    pub not_on_or_after: Option<DateTime<Utc>>,
}

pub(crate) fn read_logout_request(root: Node<'_, '_>) -> Result<LogoutBody, SamlError> {
    let mut names = element_children(root).filter(|child| child.has_tag_name((SAML, "NameID")));
    let (Some(name), None) = (names.next(), names.next()) else {
        return Err(SamlError::gate("structure", "a logout request without one NameID"));
    };
    let indexes = element_children(root).filter(|child| child.has_tag_name((SAMLP, "SessionIndex")));
    Ok(LogoutBody {
        name_id: read_name_id(name)?,
        session_indexes: indexes.map(text).collect::<Result<_, _>>()?,
        not_on_or_after: instant_of(root, "NotOnOrAfter")?,
    })
}
