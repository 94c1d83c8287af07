//! The gate: what a message must look like before a library with a C parser may see it.
//!
//! [`scan`](scan::scan) bounds the work and refuses markup that no SAML message needs; then a read-only tree is built and
//! [`shape`] and [`signatures`] judge it. Nothing here trusts a value: the gate only makes sure that what is verified
//! later is one thing, and the only thing that anybody could read.

mod scan;
mod shape;
mod signatures;

use roxmltree::{Document, Node, ParsingOptions};
use scan::Markup;

pub(crate) use shape::{element_children, text_of};
pub(crate) use signatures::Signed;

use crate::check::SamlError;
use crate::names::{SAML, SAMLP};

/// The longest message that is looked at, decoded, in bytes (DOS-01, DOS-02).
pub const MAX_MESSAGE: usize = 256 * 1024;
const MAX_NODES: u32 = 60_000;

/// What a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// `samlp:Response`.
    Response,
    /// `saml:Assertion`, decrypted or read back from verified bytes.
    Assertion,
    /// `samlp:LogoutRequest`.
    LogoutRequest,
    /// `samlp:LogoutResponse`.
    LogoutResponse,
}

impl Root {
    fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Response => (SAMLP, "Response"),
            Self::Assertion => (SAML, "Assertion"),
            Self::LogoutRequest => (SAMLP, "LogoutRequest"),
            Self::LogoutResponse => (SAMLP, "LogoutResponse"),
        }
    }
}

/// A message that passed the gate.
pub(crate) struct Gated<'a> {
    /// The characters that were judged; exactly these go to the verifier.
    pub text: &'a str,
    /// Their tree.
    pub tree: Document<'a>,
    /// The signature over the root, if there is one.
    pub root_signature: Option<Signed>,
    /// The signature over the one plain assertion below the root, if there is one.
    pub assertion_signature: Option<Signed>,
}

impl<'a> Gated<'a> {
    /// The root element.
    pub(crate) fn root(&self) -> Node<'_, 'a> {
        self.tree.root_element()
    }
}

/// Judges a message.
///
/// # Errors
///
/// [`SamlError::Failed`] in the phase `gate`, naming the first rule that is broken.
pub(crate) fn gate(bytes: &[u8], expected: Root) -> Result<Gated<'_>, SamlError> {
    let text = characters(bytes)?;
    scan::scan(text, Markup::Nothing)?;
    let tree = parse(text)?;
    let root = tree.root_element();
    let (namespace, name) = expected.name();
    if !root.has_tag_name((namespace, name)) {
        return Err(SamlError::gate("root", format!("the message is not a {name}")));
    }
    shape::judge(&tree, expected)?;
    let found = signatures::judge(&tree)?;
    Ok(Gated { text, root_signature: found.root, assertion_signature: found.assertion, tree })
}

/// Builds the tree of a text that [`scan::scan`] let pass.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, SamlError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|fault| SamlError::gate("well_formed", fault.to_string()))
}

/// UTF-8 without NUL and without a byte order mark, at most [`MAX_MESSAGE`] bytes.
fn characters(bytes: &[u8]) -> Result<&str, SamlError> {
    if bytes.len() > MAX_MESSAGE {
        return Err(SamlError::gate(
            "size",
            format!("the message has {} bytes, at most {MAX_MESSAGE} are read", bytes.len()),
        ));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|fault| SamlError::gate("characters", format!("not UTF-8 after {} bytes", fault.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(SamlError::gate("characters", "a NUL character"));
    }
    Ok(text)
}

/// Scans and parses metadata, which may be larger than a message.
pub(crate) fn parse_metadata(text: &str) -> Result<Document<'_>, SamlError> {
    scan::scan(text, Markup::Comments)?;
    parse(text)
}
