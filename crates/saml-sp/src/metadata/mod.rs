//! Metadata of identity providers (SAML metadata 2.0): one entity, read into what a connection keeps.

mod aggregate;
mod people;

pub use aggregate::{Aggregate, read_aggregate};
pub use people::ForPeople;

use chrono::{DateTime, TimeDelta, Utc};
use roxmltree::Node;

use crate::certificate::{Certificate, CertificateError};
use crate::check::{SamlError, printable};
use crate::gate::{element_children, parse_metadata, text_of};
use crate::names::{DS, MD, POST, REDIRECT, SAMLP};
use crate::read::instant;

const LONGEST: usize = 1024 * 1024;

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where messages go.
    pub location: String,
    /// Where answers go, when elsewhere.
    pub response_location: Option<String>,
}

/// What metadata says of an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its entity id.
    pub entity_id: String,
    /// Usable until.
    pub valid_until: Option<DateTime<Utc>>,
    /// Worth asking again after.
    pub cache_duration: Option<TimeDelta>,
    /// The certificates that verify its signatures; never empty.
    pub signing: Vec<Certificate>,
    /// Certificates that cannot be used, and why.
    pub unusable: Vec<CertificateError>,
    /// Single sign-on by Redirect.
    pub sign_on_redirect: Option<Endpoint>,
    /// Single sign-on by POST.
    pub sign_on_post: Option<Endpoint>,
    /// Single logout by Redirect.
    pub logout_redirect: Option<Endpoint>,
    /// Single logout by POST.
    pub logout_post: Option<Endpoint>,
    /// Identifier formats, as listed.
    pub name_id_formats: Vec<String>,
    /// Whether it wants requests to be signed.
    pub wants_signed_requests: bool,
    /// What it says for people, and for whom it speaks.
    pub people: ForPeople,
}

/// Why metadata cannot be used, in words for the admin who gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not read: too large, not well-formed, or with a document type.
    #[error("the document cannot be read: {0}")]
    Unreadable(String),
    /// Another root than one `EntityDescriptor`.
    #[error("the document describes {0}, not one entity")]
    NotOneEntity(String),
    /// Without an `IDPSSODescriptor` that speaks SAML 2.0.
    #[error("{entity_id} is no SAML 2.0 identity provider")]
    NoIdentityProvider {
        /// The entity.
        entity_id: String,
    },
    /// Past its `validUntil`.
    #[error("the document was valid until {until}")]
    Expired {
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Without a certificate that verifies signatures: such a provider could never be believed (SAML-65).
    #[error("it has no usable signing certificate{}", why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoSigningCertificate {
        /// What is wrong with the certificate that is there.
        why: Option<CertificateError>,
    },
    /// Without a single sign-on address that we can use.
    #[error("it has no single sign-on address for Redirect or POST over https")]
    NoSignOn,
}

/// Reads one `EntityDescriptor`.
///
/// # Errors
///
/// [`MetadataError`].
pub fn read_identity_provider(text: &str, now: DateTime<Utc>) -> Result<IdentityProvider, MetadataError> {
    let unreadable = |fault: SamlError| MetadataError::Unreadable(fault.to_string());
    if text.len() > LONGEST {
        return Err(MetadataError::Unreadable(format!("more than {LONGEST} bytes")));
    }
    let tree = parse_metadata(text.trim_start_matches('\u{feff}').trim()).map_err(unreadable)?;
    let root = tree.root_element();
    if !root.has_tag_name((MD, "EntityDescriptor")) {
        return Err(MetadataError::NotOneEntity(printable(root.tag_name().name())));
    }
    read_entity(root, now)
}

fn read_entity(entity: Node<'_, '_>, now: DateTime<Utc>) -> Result<IdentityProvider, MetadataError> {
    let entity_id = entity.attribute("entityID").unwrap_or_default().to_owned();
    let role = element_children(entity).find(|child| {
        child.has_tag_name((MD, "IDPSSODescriptor"))
            && child
                .attribute("protocolSupportEnumeration")
                .is_some_and(|all| all.split_whitespace().any(|one| one == SAMLP))
    });
    let Some(role) = role.filter(|_| !entity_id.is_empty()) else {
        return Err(MetadataError::NoIdentityProvider { entity_id: printable(&entity_id) });
    };
    let valid_until = until(entity, role)?;
    if let Some(until) = valid_until.filter(|until| *until <= now) {
        return Err(MetadataError::Expired { until });
    }
    let (signing, unusable) = certificates(role);
    if signing.is_empty() {
        return Err(MetadataError::NoSigningCertificate { why: unusable.into_iter().next() });
    }
    let provider = IdentityProvider {
        valid_until,
        cache_duration: entity.attribute("cacheDuration").and_then(duration),
        sign_on_redirect: endpoint(role, "SingleSignOnService", REDIRECT),
        sign_on_post: endpoint(role, "SingleSignOnService", POST),
        logout_redirect: endpoint(role, "SingleLogoutService", REDIRECT),
        logout_post: endpoint(role, "SingleLogoutService", POST),
        name_id_formats: md_children(role, "NameIDFormat")
            .filter_map(text_of)
            .map(|text| text.trim().to_owned())
            .collect(),
        wants_signed_requests: matches!(role.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
        people: people::read(entity, role),
        entity_id,
        signing,
        unusable,
    };
    if provider.sign_on_redirect.is_none() && provider.sign_on_post.is_none() {
        Err(MetadataError::NoSignOn)
    } else {
        Ok(provider)
    }
}

fn md_children<'n, 'a: 'n>(node: Node<'n, 'a>, name: &'static str) -> impl Iterator<Item = Node<'n, 'a>> {
    element_children(node).filter(move |child| child.has_tag_name((MD, name)))
}

/// The earlier of the two ends.
fn until(entity: Node<'_, '_>, role: Node<'_, '_>) -> Result<Option<DateTime<Utc>>, MetadataError> {
    let read = |node: Node<'_, '_>| match node.attribute("validUntil") {
        None => Ok(None),
        Some(text) => {
            end(text).map(Some).ok_or_else(|| MetadataError::Unreadable(format!("validUntil {:?}", printable(text))))
        }
    };
    Ok(read(entity)?.into_iter().chain(read(role)?).min())
}

/// Metadata in the wild writes times without a zone, too: they count as UTC.
fn end(text: &str) -> Option<DateTime<Utc>> {
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc));
    zoned.or_else(|| instant(&format!("{text}Z")))
}

/// `xs:duration` of days and smaller (`P1D`, `PT6H30M`); months and years are counted as 30 and 365 days.
fn duration(text: &str) -> Option<TimeDelta> {
    let (date, time) = text.strip_prefix('P')?.split_once('T').map_or((text.strip_prefix('P')?, ""), |parts| parts);
    let mut seconds: i64 = 0;
    for (part, units) in
        [(date, [('Y', 31_536_000), ('M', 2_592_000), ('D', 86_400)]), (time, [('H', 3_600), ('M', 60), ('S', 1)])]
    {
        let mut number = String::new();
        for c in part.chars() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
                continue;
            }
            let (_, factor) = units.iter().find(|(unit, _)| *unit == c)?;
            let whole: i64 = number.split('.').next()?.parse().ok()?;
            seconds = seconds.checked_add(whole.checked_mul(*factor)?)?;
            number.clear();
        }
        if !number.is_empty() {
            return None;
        }
    }
    TimeDelta::try_seconds(seconds)
}

/// Keys for signing: those that say so, and those that say nothing.
fn certificates(role: Node<'_, '_>) -> (Vec<Certificate>, Vec<CertificateError>) {
    let keys = md_children(role, "KeyDescriptor").filter(|key| matches!(key.attribute("use"), None | Some("signing")));
    let texts = keys
        .flat_map(|key| key.descendants())
        .filter(|node| node.has_tag_name((DS, "X509Certificate")))
        .filter_map(text_of);
    let mut usable: Vec<Certificate> = Vec::new();
    let mut unusable = Vec::new();
    for text in texts.take(32) {
        match Certificate::parse(&text) {
            Ok(certificate) if usable.contains(&certificate) => {}
            Ok(certificate) => usable.push(certificate),
            Err(why) => unusable.push(why),
        }
    }
    (usable, unusable)
}

/// The first endpoint of that binding that is safe to send people to.
fn endpoint(role: Node<'_, '_>, name: &'static str, binding: &str) -> Option<Endpoint> {
    md_children(role, name).filter(|node| node.attribute("Binding") == Some(binding)).find_map(|node| {
        let location = node.attribute("Location").filter(|location| is_safe(location))?.to_owned();
        let response_location =
            node.attribute("ResponseLocation").filter(|location| is_safe(location)).map(str::to_owned);
        Some(Endpoint { location, response_location })
    })
}

/// https, or http on this machine for trying things out.
fn is_safe(location: &str) -> bool {
    let Ok(url) = url::Url::parse(location) else { return false };
    match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    }
}
