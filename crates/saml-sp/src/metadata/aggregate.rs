//! Aggregates of metadata: thousands of entities, read one at a time.
//!
//! The document is cut into its entities by a pull parser; each is then judged and read like a document of its own. So
//! memory holds one tree at a time, and one broken entity costs only itself.

use chrono::{DateTime, Utc};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use super::{IdentityProvider, MetadataError, end, read_entity};
use crate::check::printable;
use crate::gate::{element_children, parse_metadata};
use crate::names::MD;

/// The largest aggregate that is read, in bytes.
pub const MAX_AGGREGATE: usize = 128 * 1024 * 1024;
const MOST_NESTED: usize = 8;

/// What reading an aggregate counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aggregate {
    /// Entities of any kind.
    pub entities: usize,
    /// Identity providers that were handed over.
    pub providers: usize,
    /// Identity providers that cannot be used.
    pub refused: usize,
    /// The aggregate may be used until.
    pub valid_until: Option<DateTime<Utc>>,
}

/// Hands every identity provider of an `EntitiesDescriptor` to `take`, with its entity id where it cannot be used.
///
/// # Errors
///
/// [`MetadataError`] when the document as a whole cannot be used: not well-formed, with a document type, past its
/// `validUntil`, or no aggregate. What was handed over before the fault was found is to be dropped.
pub fn read_aggregate(
    text: &str,
    now: DateTime<Utc>,
    mut take: impl FnMut(Result<IdentityProvider, (String, MetadataError)>),
) -> Result<Aggregate, MetadataError> {
    if text.len() > MAX_AGGREGATE {
        return Err(MetadataError::Unreadable(format!("more than {MAX_AGGREGATE} bytes")));
    }
    let mut count = Aggregate::default();
    let mut cutter = Cutter::new(text);
    while let Some(piece) = cutter.next(now, &mut count)? {
        count.entities += 1;
        match one(&piece, now) {
            Ok(Some(provider)) => {
                count.providers += 1;
                take(Ok(provider));
            }
            Ok(None) => {}
            Err(fault) => {
                count.refused += 1;
                take(Err(fault));
            }
        }
    }
    Ok(count)
}

/// One entity, cut out and put below the declarations of its ancestors; `None` for other roles.
fn one(piece: &str, now: DateTime<Utc>) -> Result<Option<IdentityProvider>, (String, MetadataError)> {
    let tree = parse_metadata(piece).map_err(|fault| (String::new(), MetadataError::Unreadable(fault.to_string())))?;
    let Some(entity) = tree.descendants().find(|node| node.has_tag_name((MD, "EntityDescriptor"))) else {
        return Ok(None);
    };
    if !element_children(entity).any(|role| role.has_tag_name((MD, "IDPSSODescriptor"))) {
        return Ok(None);
    }
    let name = || printable(entity.attribute("entityID").unwrap_or_default());
    read_entity(entity, now).map(Some).map_err(|fault| (name(), fault))
}

/// Walks the document and cuts out entities.
struct Cutter<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// The namespace declarations of each open `EntitiesDescriptor`.
    open: Vec<String>,
    has_begun: bool,
}

fn unreadable(fault: impl std::fmt::Display) -> MetadataError {
    MetadataError::Unreadable(printable(&fault.to_string()))
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, reader: NsReader::from_str(text), open: Vec::new(), has_begun: false }
    }

    fn next(&mut self, now: DateTime<Utc>, count: &mut Aggregate) -> Result<Option<String>, MetadataError> {
        loop {
            let before = self.reader.buffer_position();
            let (namespace, event) = self.reader.read_resolved_event().map_err(unreadable)?;
            let is_metadata = matches!(namespace, ResolveResult::Bound(name) if name.as_ref() == MD.as_bytes());
            match event {
                Event::Start(start) if is_metadata && start.local_name().as_ref() == b"EntityDescriptor" => {
                    let start = start.into_owned();
                    self.reader.read_to_end(start.name()).map_err(unreadable)?;
                    return self.cut(before).map(Some);
                }
                Event::Start(start) if is_metadata && start.local_name().as_ref() == b"EntitiesDescriptor" => {
                    let declarations = declarations(&start)?;
                    if !self.has_begun {
                        count.valid_until = valid_until(&start, now)?;
                    }
                    self.has_begun = true;
                    self.open.push(declarations);
                    if self.open.len() > MOST_NESTED {
                        return Err(unreadable("too many nested groups"));
                    }
                }
                Event::Start(start) if self.has_begun => {
                    let start = start.into_owned();
                    self.reader.read_to_end(start.name()).map_err(unreadable)?;
                }
                Event::Start(start) => {
                    return Err(MetadataError::NotOneEntity(printable(&String::from_utf8_lossy(
                        start.name().as_ref(),
                    ))));
                }
                Event::End(_) => {
                    self.open.pop();
                }
                Event::DocType(_) | Event::PI(_) | Event::CData(_) => {
                    return Err(unreadable("a document type or other markup"));
                }
                Event::Eof if self.has_begun && self.open.is_empty() => return Ok(None),
                Event::Eof => return Err(unreadable("the document ends too early")),
                _ => {}
            }
        }
    }

    fn cut(&self, before: u64) -> Result<String, MetadataError> {
        let place = |at: u64| usize::try_from(at).map_err(unreadable);
        let piece = self.text.get(place(before)?..place(self.reader.buffer_position())?);
        let piece = piece.ok_or_else(|| unreadable("an entity without an end"))?;
        let around: String = self.open.iter().flat_map(|group| ["<group", group, ">"]).collect();
        Ok([&around, piece, &"</group>".repeat(self.open.len())].concat())
    }
}

/// The namespace declarations of an element, as they stand there.
fn declarations(start: &BytesStart<'_>) -> Result<String, MetadataError> {
    let mut text = String::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(unreadable)?;
        let name = std::str::from_utf8(attribute.key.as_ref()).map_err(unreadable)?;
        let value = std::str::from_utf8(&attribute.value).map_err(unreadable)?;
        if (name == "xmlns" || name.starts_with("xmlns:")) && !value.contains(['"', '<']) {
            text.push_str(&[" ", name, "=\"", value, "\""].concat());
        }
    }
    Ok(text)
}

/// The end of the whole document, which must not have come yet.
fn valid_until(start: &BytesStart<'_>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, MetadataError> {
    let Some(attribute) = start.try_get_attribute("validUntil").map_err(unreadable)? else { return Ok(None) };
    let text = std::str::from_utf8(&attribute.value).map_err(unreadable)?;
    let until = end(text).ok_or_else(|| unreadable(format!("validUntil {text:?}")))?;
    if until <= now { Err(MetadataError::Expired { until }) } else { Ok(Some(until)) }
}
