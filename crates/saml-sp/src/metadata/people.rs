//! What metadata says for people (SAML metadata extensions for login and discovery UI 1.0), and for which domains a
//! provider speaks (the scope extension of Shibboleth, which federations use).

use roxmltree::Node;

use crate::check::printable;
use crate::gate::{element_children, text_of};
use crate::names::{MD, SAML, XML};

const UI: &str = "urn:oasis:names:tc:SAML:metadata:ui";
const SHIBMD: &str = "urn:mace:shibboleth:metadata:1.0";
const ATTRIBUTES: &str = "urn:oasis:names:tc:SAML:metadata:attribute";
const HIDDEN: &str = "http://refeds.org/category/hide-from-discovery";

/// What a discovery page shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForPeople {
    /// Names by language tag, made printable; the organisation's name where the provider has none of its own.
    pub names: Vec<(String, String)>,
    /// Words that people may search for.
    pub keywords: Vec<String>,
    /// The domains that it speaks for, plain ones only.
    pub scopes: Vec<String>,
    /// Whether it asks not to be offered.
    pub is_hidden: bool,
}

pub(super) fn read(entity: Node<'_, '_>, role: Node<'_, '_>) -> ForPeople {
    let info = extensions(role).find(|node| node.has_tag_name((UI, "UIInfo")));
    let mut names: Vec<_> = info.into_iter().flat_map(|info| localized(info, (UI, "DisplayName"))).collect();
    if names.is_empty() {
        let organization = element_children(entity).find(|child| child.has_tag_name((MD, "Organization")));
        names = organization.into_iter().flat_map(|node| localized(node, (MD, "OrganizationDisplayName"))).collect();
    }
    let keywords = info.into_iter().flat_map(|info| localized(info, (UI, "Keywords")));
    let keywords =
        keywords.flat_map(|(_, text)| text.split_whitespace().map(|word| word.replace('+', " ")).collect::<Vec<_>>());
    ForPeople { names, keywords: keywords.collect(), scopes: scopes(entity, role), is_hidden: is_hidden(entity) }
}

fn extensions<'n, 'a: 'n>(node: Node<'n, 'a>) -> impl Iterator<Item = Node<'n, 'a>> {
    element_children(node).filter(|child| child.has_tag_name((MD, "Extensions"))).flat_map(element_children)
}

fn localized<'n, 'a: 'n>(
    node: Node<'n, 'a>,
    name: (&'static str, &'static str),
) -> impl Iterator<Item = (String, String)> {
    element_children(node).filter(move |child| child.has_tag_name(name)).filter_map(|child| {
        let text = printable(text_of(child)?.trim());
        let language = child.attribute((XML, "lang")).unwrap_or_default();
        (!text.is_empty()).then(|| (printable(language), text))
    })
}

/// Scopes that are plain domains; patterns are not honoured.
fn scopes(entity: Node<'_, '_>, role: Node<'_, '_>) -> Vec<String> {
    let all = extensions(entity).chain(extensions(role)).filter(|node| node.has_tag_name((SHIBMD, "Scope")));
    let plain = all.filter(|node| !matches!(node.attribute("regexp"), Some("true" | "1")));
    let texts = plain.filter_map(text_of).map(|text| text.trim().to_ascii_lowercase());
    texts
        .filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')))
        .collect()
}

fn is_hidden(entity: Node<'_, '_>) -> bool {
    let attributes = extensions(entity).filter(|node| node.has_tag_name((ATTRIBUTES, "EntityAttributes")));
    let values =
        attributes.flat_map(|node| node.descendants()).filter(|node| node.has_tag_name((SAML, "AttributeValue")));
    values.filter_map(text_of).any(|text| text.trim() == HIDDEN)
}
