//! Signatures as the gate accepts them: one over the root, one over the assertion, each of exactly its own parent.
//!
//! Everything that makes XML signatures dangerous is absent here: no second reference or signed block, no foreign
//! address, no transform but the two, no key material that counts (SAML-02, 11, 14, 25 to 32; DOS-07).

use roxmltree::{Document, Node};

use super::shape::{element_children, text_of};
use crate::check::{SamlError, printable};
use crate::names::{DIGEST_ALGORITHMS, DS, ENVELOPED, EXC_C14N, SAML, SIGNATURE_ALGORITHMS, XENC};

/// A signature that fits the rules; whether it is genuine is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The id of the element that it signs.
    pub id: String,
}

/// The signatures of a message.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub root: Option<Signed>,
    pub assertion: Option<Signed>,
}

/// Judges every signature of the document, and refuses elements of the signature language anywhere else.
pub(super) fn judge(tree: &Document<'_>) -> Result<Found, SamlError> {
    let mut found = Found::default();
    let root = tree.root_element();
    for node in tree.descendants().filter(|node| node.tag_name().namespace() == Some(DS)) {
        if node.tag_name().name() == "Signature" {
            let parent = node.parent_element().ok_or_else(|| refused("a signature as the root"))?;
            let slot = if parent == root {
                &mut found.root
            } else if parent.has_tag_name((SAML, "Assertion")) && parent.parent_element() == Some(root) {
                &mut found.assertion
            } else {
                return Err(refused("a signature that is no child of the message or its assertion"));
            };
            if slot.is_some() {
                return Err(refused("two signatures of one element"));
            }
            *slot = Some(signature(node, parent)?);
        } else if !belongs(node) {
            return Err(refused(format!("a ds:{} outside of a signature", printable(node.tag_name().name()))));
        }
    }
    Ok(found)
}

fn refused(detail: impl Into<String>) -> SamlError {
    SamlError::gate("signature_shape", detail)
}

/// Whether an element of the signature language stands inside a signature, or as key material of an encryption.
fn belongs(node: Node<'_, '_>) -> bool {
    node.ancestors().skip(1).any(|above| {
        above.has_tag_name((DS, "Signature"))
            || above.has_tag_name((XENC, "EncryptedData"))
            || above.has_tag_name((XENC, "EncryptedKey"))
            || (above.tag_name().namespace() == Some(crate::names::MD))
    })
}

/// `SignedInfo`, `SignatureValue`, perhaps `KeyInfo`; right behind the issuer, where the schema has it.
fn signature(node: Node<'_, '_>, parent: Node<'_, '_>) -> Result<Signed, SamlError> {
    let id = parent.attribute("ID").ok_or_else(|| refused("the signed element has no ID"))?;
    let before: Vec<_> = element_children(parent).take_while(|child| *child != node).collect();
    if before.len() > 1 || before.iter().any(|child| !child.has_tag_name((SAML, "Issuer"))) {
        return Err(refused("the signature does not follow the issuer"));
    }
    let children: Vec<_> = element_children(node).collect();
    let names: Vec<_> = children.iter().map(|child| local(*child)).collect();
    let (Some(info), Some(value)) = (children.first(), children.get(1)) else {
        return Err(refused("an empty signature"));
    };
    if !matches!(
        names.as_slice(),
        [Some("SignedInfo"), Some("SignatureValue")] | [Some("SignedInfo"), Some("SignatureValue"), Some("KeyInfo")]
    ) {
        return Err(refused("a signature holds SignedInfo, SignatureValue and KeyInfo, nothing else"));
    }
    if text_of(*value).is_none_or(|text| text.trim().is_empty()) {
        return Err(refused("an empty SignatureValue"));
    }
    if let Some(keys) = children.get(2) {
        key_info(*keys)?;
    }
    signed_info(*info, id)?;
    Ok(Signed { id: id.to_owned() })
}

/// The local name of an element of the signature language.
fn local<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    (node.tag_name().namespace() == Some(DS)).then(|| node.tag_name().name())
}

/// Key material is ignored; it may not point anywhere either.
fn key_info(node: Node<'_, '_>) -> Result<(), SamlError> {
    let points = node.descendants().any(|inner| {
        inner.is_element()
            && (inner.attribute("URI").is_some()
                || matches!(local(inner), Some("RetrievalMethod" | "Reference" | "Manifest" | "SignedInfo")))
    });
    if points { Err(refused("key material that points elsewhere")) } else { Ok(()) }
}

fn signed_info(node: Node<'_, '_>, id: &str) -> Result<(), SamlError> {
    let children: Vec<_> = element_children(node).collect();
    let [method, signature, reference] = children.as_slice() else {
        return Err(refused("SignedInfo holds other than one method, one algorithm and one reference"));
    };
    algorithm(*method, "CanonicalizationMethod", &[EXC_C14N])?;
    only_prefixes(*method)?;
    algorithm(*signature, "SignatureMethod", &SIGNATURE_ALGORITHMS)?;
    no_children(*signature)?;
    if local(*reference) != Some("Reference") || reference.attribute("Type").is_some() {
        return Err(refused("SignedInfo without its reference"));
    }
    if reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err(refused("the reference does not name the element that holds the signature"));
    }
    reference_parts(*reference)
}

fn reference_parts(reference: Node<'_, '_>) -> Result<(), SamlError> {
    let children: Vec<_> = element_children(reference).collect();
    let [transforms, method, value] = children.as_slice() else {
        return Err(refused("a reference holds transforms, a digest method and a digest"));
    };
    if local(*transforms) != Some("Transforms") || local(*value) != Some("DigestValue") {
        return Err(refused("a reference holds transforms, a digest method and a digest"));
    }
    let steps: Vec<_> = element_children(*transforms).collect();
    let [enveloped, canonical] = steps.as_slice() else {
        return Err(refused(format!("{} transforms instead of two", steps.len())));
    };
    algorithm(*enveloped, "Transform", &[ENVELOPED])?;
    no_children(*enveloped)?;
    algorithm(*canonical, "Transform", &[EXC_C14N])?;
    only_prefixes(*canonical)?;
    algorithm(*method, "DigestMethod", &DIGEST_ALGORITHMS)?;
    no_children(*method)
}

/// An element of that name whose algorithm is on the list.
fn algorithm(node: Node<'_, '_>, name: &str, known: &[&str]) -> Result<(), SamlError> {
    let given = node.attribute("Algorithm").unwrap_or_default();
    if local(node) != Some(name) {
        return Err(refused(format!("a {} in the place of a {name}", printable(node.tag_name().name()))));
    }
    if known.contains(&given) {
        Ok(())
    } else {
        Err(SamlError::gate("algorithm", format!("{name} {:?} is not accepted", printable(given))))
    }
}

fn no_children(node: Node<'_, '_>) -> Result<(), SamlError> {
    if node.has_children() { Err(refused("parameters of an algorithm that has none")) } else { Ok(()) }
}

/// Exclusive canonicalisation may name prefixes to keep, and nothing else.
fn only_prefixes(node: Node<'_, '_>) -> Result<(), SamlError> {
    let holds = node.children().all(|child| {
        (child.is_text() && child.text().is_none_or(|text| text.trim().is_empty()))
            || (child.has_tag_name((EXC_C14N, "InclusiveNamespaces")) && !child.has_children())
    });
    if holds { Ok(()) } else { Err(refused("parameters of a canonicalisation")) }
}
