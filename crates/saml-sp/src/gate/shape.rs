//! The shape of a message: which elements stand where, how ids and namespaces look.
//!
//! One assertion at most, and only as a child of the root; ids unique; no element of the message languages where nobody
//! expects one. That leaves no second place from which a careless reader could take an identity (SAML-03 to 14, 21, 49).

use std::collections::HashSet;

use roxmltree::{Document, Node};

use super::Root;
use crate::check::{SamlError, printable};
use crate::names::{SAML, SAMLP, XENC, XML};

const LONGEST_ID: usize = 256;
const LONGEST_NAMESPACE: usize = 500;

/// Judges everything but signatures.
pub(super) fn judge(tree: &Document<'_>, expected: Root) -> Result<(), SamlError> {
    let mut ids = HashSet::new();
    for node in tree.descendants() {
        if node.is_element() {
            namespaces(node)?;
            identifier(node, &mut ids)?;
            place(node, expected)?;
        } else if !node.is_root() && !node.is_text() {
            return Err(SamlError::gate("markup", "a comment or a processing instruction"));
        }
    }
    if expected == Root::Response {
        response(tree.root_element())?;
    }
    Ok(())
}

/// The child elements, in order.
pub(crate) fn element_children<'n, 'a: 'n>(node: Node<'n, 'a>) -> impl Iterator<Item = Node<'n, 'a>> {
    node.children().filter(Node::is_element)
}

/// The text of an element that holds nothing but text.
pub(crate) fn text_of(node: Node<'_, '_>) -> Option<String> {
    node.children().all(|child| child.is_text()).then(|| node.children().filter_map(|child| child.text()).collect())
}

/// Absolute, printable ASCII (SAML-17, SAML-19: canonicalisation stumbles over anything else).
fn namespaces(node: Node<'_, '_>) -> Result<(), SamlError> {
    for namespace in node.namespaces() {
        let uri = namespace.uri();
        let scheme = uri.split(':').next().unwrap_or_default();
        let absolute = scheme.len() < uri.len()
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if !absolute || uri.len() > LONGEST_NAMESPACE || !uri.chars().all(|c| c.is_ascii_graphic()) {
            return Err(SamlError::gate(
                "namespaces",
                format!("the namespace {:?} is not an absolute address", printable(uri)),
            ));
        }
    }
    Ok(())
}

/// `ID` is an `NCName`, short, and unique; `xml:id` is not used (SAML-30).
fn identifier<'a>(node: Node<'a, '_>, ids: &mut HashSet<&'a str>) -> Result<(), SamlError> {
    if node.attribute((XML, "id")).is_some() {
        return Err(SamlError::gate("id", "an xml:id"));
    }
    let named = node.attributes().filter(|attribute| attribute.name().eq_ignore_ascii_case("id"));
    for attribute in named {
        let id = attribute.value();
        let starts = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !starts || !rest || id.len() > LONGEST_ID {
            return Err(SamlError::gate("id", format!("the id {:?} is no NCName", printable(id))));
        }
        if !ids.insert(id) {
            return Err(SamlError::gate("id", format!("the id {:?} is used twice", printable(id))));
        }
    }
    Ok(())
}

/// Messages and assertions are never nested, whatever is around them.
fn place(node: Node<'_, '_>, expected: Root) -> Result<(), SamlError> {
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let name = node.tag_name().name();
    let is_root = node.parent().is_some_and(|parent| parent.is_root());
    let below_root = node.parent_element().is_some_and(|parent| parent.parent().is_some_and(|above| above.is_root()));
    let fits = match (namespace, name) {
        (SAMLP, "Response" | "ArtifactResponse" | "LogoutRequest" | "LogoutResponse" | "AuthnRequest") => is_root,
        (SAML, "Assertion") => is_root || (below_root && expected == Root::Response),
        (SAML, "EncryptedAssertion") => below_root && expected == Root::Response,
        (SAML, "EncryptedAttribute" | "EncryptedID") | (SAMLP, "NewEncryptedID" | "NewID") => false,
        (XENC, "EncryptedData") => {
            node.parent_element().is_some_and(|parent| parent.has_tag_name((SAML, "EncryptedAssertion")))
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(SamlError::gate("structure", format!("a {} where none may be", printable(name)))) }
}

/// The children of a response (SAML core 3.2.2 and 3.3.3): exactly one assertion unless the provider says no.
fn response(root: Node<'_, '_>) -> Result<(), SamlError> {
    let mut assertions = 0;
    let mut statuses = 0;
    for child in element_children(root) {
        let tag = child.tag_name();
        match (tag.namespace().unwrap_or_default(), tag.name()) {
            (SAML, "Assertion" | "EncryptedAssertion") => assertions += 1,
            (SAMLP, "Status") => statuses += 1,
            (SAML, "Issuer") | (SAMLP, "Extensions") | (crate::names::DS, "Signature") => {}
            (_, name) => return Err(SamlError::gate("structure", format!("a {} below the response", printable(name)))),
        }
    }
    if statuses != 1 {
        return Err(SamlError::gate("structure", format!("{statuses} Status elements")));
    }
    if assertions > 1 {
        return Err(SamlError::gate("structure", format!("{assertions} assertions")));
    }
    Ok(())
}
