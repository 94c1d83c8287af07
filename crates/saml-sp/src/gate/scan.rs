//! One pass over the characters, before any tree is built: bounds the work and refuses markup that no message needs.
//!
//! Depth, attributes and declarations are counted here so that no parser behind can be made to work quadratically or to
//! recurse (DOS-03, 05, 06). Where this pass and a parser could disagree, the parser refuses: nothing is decided by it.

use crate::check::SamlError;

const MAX_DEPTH: usize = 64;
const MAX_ATTRIBUTES: usize = 64;
const MAX_DECLARATIONS: usize = 32;
const MAX_ELEMENTS: usize = 20_000;
const MAX_ALL_DECLARATIONS: usize = 2_000;

/// What was counted so far.
#[derive(Default)]
struct Count {
    depth: usize,
    elements: usize,
    declarations: usize,
}

/// Which markup may stand beside elements and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    /// None: messages.
    Nothing,
    /// Comments: metadata that people write by hand.
    Comments,
}

/// Refuses document types, comments (where [`Markup`] says so), CDATA sections, processing instructions, and anything beyond the bounds.
///
/// # Errors
///
/// [`SamlError::Failed`] naming `markup`, `depth`, `attributes`, `declarations` or `elements`.
pub(crate) fn scan(text: &str, markup: Markup) -> Result<(), SamlError> {
    let mut rest = after_declaration(text)?;
    let mut count = Count::default();
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        match rest.bytes().next() {
            Some(b'!') if markup == Markup::Comments && rest.starts_with("!--") => rest = after_comment(rest)?,
            Some(b'!') => return Err(SamlError::gate("markup", "a document type, a comment or a CDATA section")),
            Some(b'?') => return Err(SamlError::gate("markup", "a processing instruction")),
            Some(b'/') => count.depth = count.depth.saturating_sub(1),
            Some(_) => {
                let tag = tag_length(rest)?;
                let (inside, after) = rest.split_at(tag);
                element(inside, &mut count)?;
                rest = after;
            }
            None => break,
        }
    }
    Ok(())
}

/// The text behind a comment.
fn after_comment(rest: &str) -> Result<&str, SamlError> {
    let inside = rest.strip_prefix("!--").unwrap_or(rest);
    inside
        .split_once("-->")
        .map(|(_, after)| after)
        .ok_or_else(|| SamlError::gate("well_formed", "a comment without an end"))
}

/// Skips `<?xml version="1.0" encoding="utf-8"?>`; no other encoding and no other version is read.
fn after_declaration(text: &str) -> Result<&str, SamlError> {
    let Some(rest) = text.strip_prefix("<?xml") else { return Ok(text) };
    if !rest.starts_with([' ', '\t', '\r', '\n']) {
        return Err(SamlError::gate("markup", "a processing instruction"));
    }
    let Some((declaration, after)) = rest.split_once("?>") else {
        return Err(SamlError::gate("markup", "an XML declaration without an end"));
    };
    let plain: String = declaration.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let plain = plain.to_ascii_lowercase().replace('\'', "\"");
    let known = ["version=\"1.0\"", "version=\"1.0\"encoding=\"utf-8\""];
    let holds = known.iter().any(|text| {
        plain.strip_prefix(text).is_some_and(|rest| matches!(rest, "" | "standalone=\"yes\"" | "standalone=\"no\""))
    });
    if holds {
        Ok(after)
    } else {
        Err(SamlError::gate("characters", "the XML declaration names another version or encoding"))
    }
}

/// The characters of a start tag up to its `>`, quoted ones skipped.
fn tag_length(text: &str) -> Result<usize, SamlError> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Ok(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (_, b'<') => return Err(SamlError::gate("well_formed", "a < inside a tag")),
            _ => {}
        }
    }
    Err(SamlError::gate("well_formed", "a tag without an end"))
}

/// Counts one start tag.
fn element(tag: &str, count: &mut Count) -> Result<(), SamlError> {
    count.elements += 1;
    if count.elements > MAX_ELEMENTS {
        return Err(SamlError::gate("elements", format!("more than {MAX_ELEMENTS} elements")));
    }
    if !tag.ends_with('/') {
        count.depth += 1;
        if count.depth > MAX_DEPTH {
            return Err(SamlError::gate("depth", format!("more than {MAX_DEPTH} levels")));
        }
    }
    let declarations = tag.matches("xmlns").count();
    let attributes = values(tag).saturating_sub(declarations);
    count.declarations += declarations;
    if declarations > MAX_DECLARATIONS || count.declarations > MAX_ALL_DECLARATIONS {
        return Err(SamlError::gate("declarations", format!("more than {MAX_DECLARATIONS} namespace declarations")));
    }
    if attributes > MAX_ATTRIBUTES {
        return Err(SamlError::gate("attributes", format!("more than {MAX_ATTRIBUTES} attributes")));
    }
    Ok(())
}

/// The number of quoted values in a tag.
fn values(tag: &str) -> usize {
    let mut quote = None;
    let mut found = 0;
    for byte in tag.bytes() {
        match quote {
            None if matches!(byte, b'"' | b'\'') => {
                quote = Some(byte);
                found += 1;
            }
            Some(open) if open == byte => quote = None,
            _ => {}
        }
    }
    found
}
