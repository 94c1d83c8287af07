//! The value types of SAML messages: instants, and texts without surprises.

use chrono::{DateTime, NaiveDateTime, Utc};
use roxmltree::Node;

use crate::check::{SamlError, printable};
use crate::gate::text_of;

const LONGEST_TEXT: usize = 16 * 1024;

/// `xs:dateTime` in UTC (SAML core 1.3.3): `2026-05-03T08:40:00Z`, with at most nine digits of a second.
///
/// No leap second, no missing zone, years 1970 to 9998 (SAML-39).
pub(crate) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let plain = text.strip_suffix('Z')?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, "0"));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || fraction.is_empty() || fraction.len() > 9 || whole.len() != 19 || whole.ends_with(":60") {
        return None;
    }
    let read = NaiveDateTime::parse_from_str(&format!("{whole}.{fraction}"), "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc();
    (0..253_370_764_800).contains(&read.timestamp()).then_some(read)
}

/// An instant in an attribute: absent, or one that can be read.
pub(super) fn instant_of(node: Node<'_, '_>, name: &'static str) -> Result<Option<DateTime<Utc>>, SamlError> {
    node.attribute(name).map(|text| instant(text).ok_or_else(|| unreadable(name, text))).transpose()
}

/// The text of an element without children, whole, at most 16 KiB.
pub(super) fn text(node: Node<'_, '_>) -> Result<String, SamlError> {
    let name = node.tag_name().name();
    let text =
        text_of(node).ok_or_else(|| SamlError::gate("content", format!("{} holds elements", printable(name))))?;
    if text.len() > LONGEST_TEXT {
        return Err(SamlError::gate("content", format!("{} is longer than {LONGEST_TEXT} bytes", printable(name))));
    }
    Ok(text)
}

fn unreadable(name: &str, text: &str) -> SamlError {
    SamlError::gate("content", format!("{name} {:?} is no time in UTC", printable(text)))
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn saml_39_only_plain_utc_instants_are_read() {
        assert_eq!(instant("2026-05-03T08:40:00Z").map(|at| at.timestamp()), Some(1_777_797_600));
        assert_eq!(instant("2026-05-03T08:40:00.123456789Z").map(|at| at.timestamp_subsec_nanos()), Some(123_456_789));
        for wrong in [
            "2026-05-03T08:40:00",
            "2026-05-03T08:40:00+01:00",
            "2026-05-03T08:40:60Z",
            "9999-01-01T00:00:00Z",
            "2026-05-03T08:40:00.Z",
            "2026-05-03T08:40:00.123456789012345678901234567890Z",
            "1969-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "",
            "Z",
            "2026-5-3T08:40:00Z",
            "2026-05-03 08:40:00Z",
        ] {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }
}
