//! The tab Attributes: claims to local attributes, row by row, and the claim that names the person.

use serde_json::Value;
use usher_connectors::settings_from_form;
use usher_domain::{AttributeMapping, AttributeName, Connection};

use super::super::NotDone;
use super::{first, linked};
use crate::broker::Broker;

/// Longest default value.
const LONGEST_DEFAULT: usize = 256;

/// One row as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedMapping {
    /// The provider's attribute.
    pub claim: String,
    /// The local attribute.
    pub attribute: String,
    /// Stored when the provider sends nothing; empty: nothing is.
    pub default: String,
}

/// What the tab Attributes holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributesChange {
    /// The rows.
    pub rows: Vec<TypedMapping>,
    /// The claim that names a person at the provider, where the kind lets it be chosen; empty: the kind's own.
    pub subject: Option<String>,
    /// That existing links would break was understood.
    pub confirmed: bool,
}

/// Puts mapping and subject into the connection. Another subject claim breaks every link that exists: nobody is known
/// under it yet.
pub(super) async fn apply(
    broker: &Broker,
    connection: &mut Connection,
    typed: &AttributesChange,
) -> Result<(), NotDone> {
    connection.mapping = mapping(&typed.rows)?;
    let Some(subject) = typed.subject.as_deref().map(str::trim) else { return Ok(()) };
    if subject == subject_claim(connection) {
        return Ok(());
    }
    let form = [(SUBJECT_CLAIM.to_owned(), subject.to_owned())].into();
    let settings = settings_from_form(connection.kind, Some(&connection.settings), &form).map_err(first)?;
    let links = linked(broker, &connection.id).await?;
    if links > 0 && !typed.confirmed {
        let text = format!("{links} accounts are linked by the present subject. Tick the box to break these links");
        return Err(NotDone::field("subject_confirm", text));
    }
    connection.settings = settings;
    Ok(())
}

/// The setting that names the subject claim.
pub const SUBJECT_CLAIM: &str = "subject_claim";

/// The claim that names a person at the provider; empty: the kind's own.
pub fn subject_claim(connection: &Connection) -> &str {
    connection.settings.get(SUBJECT_CLAIM).and_then(Value::as_str).unwrap_or_default()
}

fn mapping(rows: &[TypedMapping]) -> Result<Vec<AttributeMapping>, NotDone> {
    let mut mapping: Vec<AttributeMapping> = Vec::new();
    for row in rows {
        let (claim, attribute, default) = (row.claim.trim(), row.attribute.trim(), row.default.trim());
        match (claim.is_empty(), attribute.is_empty()) {
            (true, true) if default.is_empty() => {}
            (false, false) => {
                let attribute = AttributeName::parse(attribute).map_err(|e| NotDone::field("mapping", e))?;
                if mapping.iter().any(|row| row.attribute == attribute) {
                    return Err(NotDone::field("mapping", format!("{attribute} is fed twice: keep one row")));
                }
                let default = checked_default(default)?;
                mapping.push(AttributeMapping { claim: claim.to_owned(), attribute, default });
            }
            _ => return Err(NotDone::field("mapping", "Fill both sides of a row, or neither")),
        }
    }
    Ok(mapping)
}

fn checked_default(text: &str) -> Result<Option<String>, NotDone> {
    if text.chars().count() > LONGEST_DEFAULT || text.chars().any(char::is_control) {
        return Err(NotDone::field("mapping", "A default value has at most 256 characters"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_filled_mapping_rows_are_refused() {
        let row = |claim: &str, attribute: &str, default: &str| TypedMapping {
            claim: claim.to_owned(),
            attribute: attribute.to_owned(),
            default: default.to_owned(),
        };
        let kept = mapping(&[row("email", "email", ""), row("", "", ""), row("lang", "locale", "de")]).unwrap();
        assert_eq!((kept.len(), kept[1].default.as_deref()), (2, Some("de")));
        assert!(mapping(&[row("email", "", "")]).is_err());
        assert!(mapping(&[row("", "", "de")]).is_err());
        assert!(mapping(&[row("a", "email", ""), row("b", "email", "")]).is_err());
    }
}
