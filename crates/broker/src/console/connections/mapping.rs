//! The tab Attributes: claims to local attributes, row by row.

use usher_domain::{AttributeMapping, AttributeName};

use super::super::NotDone;

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

pub(super) fn mapping(rows: &[TypedMapping]) -> Result<Vec<AttributeMapping>, NotDone> {
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
