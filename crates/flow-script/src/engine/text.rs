//! Text that leaves a script: secrets masked, control characters escaped, length cut; and the little decoding it asks for.

use base64::Engine as _;
use base64::engine::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use serde_json::Value;

use crate::Program;

const MASK: &str = "[secret]";

/// Replaces every value of a secret.
pub(super) fn mask_secrets(program: &Program, text: &str) -> String {
    let mut masked = text.to_owned();
    for secret in program.secrets.values().filter(|secret| !secret.is_empty()) {
        if masked.contains(secret.expose()) {
            masked = masked.replace(secret.expose(), MASK);
        }
    }
    masked
}

/// The same, inside JSON.
pub(super) fn mask_value(program: &Program, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask_secrets(program, &text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| mask_value(program, item)).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter().map(|(key, item)| (mask_secrets(program, &key), mask_value(program, item))).collect(),
        ),
        other => other,
    }
}

/// Characters that change how the text around them is read.
pub(crate) fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}')
}

/// One line of at most `limit` characters, nothing in it that a terminal or a page would act on.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for (at, c) in text.chars().enumerate() {
        if at >= limit {
            line.push('…');
            break;
        }
        if c.is_control() || is_deceptive(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            line.extend(c.escape_unicode());
        } else {
            line.push(c);
        }
    }
    line
}

/// Shows the first and last characters of a value only, and the domain of an address.
pub(super) fn masked_value(text: &str) -> String {
    if let Some((local, domain)) = text.split_once('@') {
        let first: String = local.chars().take(1).collect();
        return format!("{first}***@{domain}");
    }
    let length = text.chars().count();
    let seen = if length >= 8 { 2 } else { usize::from(length >= 4) };
    let first: String = text.chars().take(seen).collect();
    let last: String = text.chars().skip(length.saturating_sub(seen)).collect();
    format!("{first}***{last}")
}

/// Reads one member of a part of a JWT. Nothing is verified.
pub(super) fn decoded_member(token: &str, part: usize, name: &str) -> Option<Value> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&base64::alphabet::URL_SAFE, config).decode(token.split('.').nth(part)?).ok()?;
    let parsed: Value = serde_json::from_slice(&bytes).ok()?;
    parsed.get(name).cloned()
}

/// Whether there is something like `12n`: arithmetic on such numbers is native work that nothing interrupts.
pub(super) fn has_big_number(source: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    source
        .split(|c| !is_word(c))
        .any(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with('n') && !word.contains('.'))
}
