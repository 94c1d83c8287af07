//! Which JSON values name a person (LINK-15).

use serde_json::Value;

/// Longest subject, in bytes.
const LONGEST: usize = 255;

/// A text or a whole number above zero. What a broken API gives for "nobody" names nobody: null, an empty text, zero,
/// and the words that other programs print for it.
pub(crate) fn read(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64().filter(|number| *number > 0)?.to_string(),
        _ => return None,
    };
    let nobody = ["", "0", "null", "undefined", "none", "nil", "nan"];
    let usable = text.len() <= LONGEST
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && !nobody.contains(&text.to_ascii_lowercase().as_str());
    usable.then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn link_15_nobody_is_nobody() {
        assert_eq!(read(Some(&json!("ann"))).as_deref(), Some("ann"));
        assert_eq!(read(Some(&json!(583_231))).as_deref(), Some("583231"));
        assert_eq!(read(None), None);
        for nobody in [
            json!(null),
            json!(""),
            json!(" "),
            json!(0),
            json!("0"),
            json!(-1),
            json!(1.5),
            json!("null"),
            json!("NULL"),
            json!("undefined"),
            json!([]),
            json!(["a"]),
            json!({}),
            json!(true),
            json!("a\u{0}"),
            json!(" a"),
            json!("x".repeat(256)),
        ] {
            assert_eq!(read(Some(&nobody)), None, "{nobody}");
        }
    }
}
