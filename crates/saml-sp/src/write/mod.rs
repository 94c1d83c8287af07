//! Messages that we write: a tree that prints itself in exclusive canonical form, so that what is signed is what is sent.
//!
//! Only unprefixed attributes exist here, besides `xml:lang`. Characters that XML cannot carry are dropped (SAML-63).

mod authn_request;
mod logout;
mod metadata;

use std::collections::BTreeSet;
use std::fmt::Write as _;

pub use authn_request::{AuthnRequest, ContextComparison, Force, RequestedContext};
pub use logout::{LogoutAnswer, LogoutDemand, LogoutStatus};
pub use metadata::{ServiceProvider, SignsRequests, SpKeys};

/// A text as it came; escaped when it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Child {
    Element(Element),
    Text(Text),
}

/// An element with a prefix and its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    prefix: &'static str,
    namespace: &'static str,
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

impl Element {
    pub(crate) fn new((prefix, namespace): (&'static str, &'static str), name: &'static str) -> Self {
        Self { prefix, namespace, name, attributes: Vec::new(), children: Vec::new() }
    }

    pub(crate) fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self.attributes.sort_unstable_by_key(|(name, _)| *name);
        self
    }

    pub(crate) fn attribute_if(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    pub(crate) fn child(mut self, child: Self) -> Self {
        self.children.push(Child::Element(child));
        self
    }

    pub(crate) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children.into_iter().map(Child::Element));
        self
    }

    pub(crate) fn text(mut self, text: impl Into<Text>) -> Self {
        self.children.push(Child::Text(text.into()));
        self
    }

    /// Puts a child at a place among the children.
    pub(crate) fn with_child_at(mut self, place: usize, child: Self) -> Self {
        let place = place.min(self.children.len());
        self.children.insert(place, Child::Element(child));
        self
    }

    /// Exclusive canonical XML 1.0 without comments, with this element as the apex.
    pub(crate) fn canonical(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, &BTreeSet::new());
        out
    }

    fn print(&self, out: &mut String, declared: &BTreeSet<&'static str>) {
        let _ = write!(out, "<{}:{}", self.prefix, self.name);
        let mut declared = declared.clone();
        if declared.insert(self.prefix) {
            let _ = write!(out, " xmlns:{}=\"{}\"", self.prefix, self.namespace);
        }
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"");
            escape(value, Place::Attribute, out);
            out.push('"');
        }
        out.push('>');
        for child in &self.children {
            match child {
                Child::Element(element) => element.print(out, &declared),
                Child::Text(text) => escape(&text.0, Place::Content, out),
            }
        }
        let _ = write!(out, "</{}:{}>", self.prefix, self.name);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Attribute,
    Content,
}

/// Escapes as canonical XML does (xml-c14n 2.3) and drops what is no character of XML.
fn escape(text: &str, place: Place, out: &mut String) {
    for c in text.chars() {
        match (c, place) {
            ('&', _) => out.push_str("&amp;"),
            ('<', _) => out.push_str("&lt;"),
            ('>', Place::Content) => out.push_str("&gt;"),
            ('"', Place::Attribute) => out.push_str("&quot;"),
            ('\t', Place::Attribute) => out.push_str("&#x9;"),
            ('\n', Place::Attribute) => out.push_str("&#xA;"),
            ('\r', _) => out.push_str("&#xD;"),
            ('\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}', _) => out.push(c),
            _ => {}
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}
