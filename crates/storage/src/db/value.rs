//! Values bound to placeholders, and the count of placeholders in a text.
//!
//! Three kinds suffice on both databases: 64-bit integers (times as milliseconds too), text, bytes. An absent
//! value keeps its kind, because PostgreSQL wants to know the type of a null.

use chrono::{DateTime, Utc};

/// One bound value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `INTEGER` or `bigint`.
    Int(Option<i64>),
    /// `TEXT`.
    Text(Option<String>),
    /// `BLOB` or `bytea`.
    Bytes(Option<Vec<u8>>),
}

macro_rules! into_value {
    ($($from:ty => $variant:ident($convert:expr);)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                let convert: fn($from) -> _ = $convert;
                Self::$variant(Some(convert(value)))
            }
        }
        impl From<Option<$from>> for Value {
            fn from(value: Option<$from>) -> Self {
                let convert: fn($from) -> _ = $convert;
                Self::$variant(value.map(convert))
            }
        }
    )*};
}

into_value! {
    i64 => Int(|v| v);
    u32 => Int(i64::from);
    DateTime<Utc> => Int(|v| v.timestamp_millis());
    &str => Text(str::to_owned);
    String => Text(|v| v);
    &String => Text(Clone::clone);
    &[u8] => Bytes(<[u8]>::to_vec);
    &[u8; 32] => Bytes(|v| v.to_vec());
    Vec<u8> => Bytes(|v| v);
}

/// The highest placeholder in `sql`: `$1 … $n`.
pub fn placeholders(sql: &str) -> usize {
    let mut highest = 0;
    for piece in sql.split('$').skip(1) {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let number = piece.get(..digits).and_then(|d| d.parse().ok()).unwrap_or(0);
        highest = highest.max(number);
    }
    highest
}

/// Bound values in the order of their placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}
pub(crate) use values;

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn placeholders_are_counted_by_their_highest_number() {
        for (sql, count) in [
            ("SELECT 1", 0),
            ("SELECT a FROM t WHERE b = $1", 1),
            ("UPDATE t SET a = $2 WHERE b = $1 AND c > $2", 2),
            ("SELECT $10, $9", 10),
            ("SELECT '$'", 0),
        ] {
            assert_eq!(placeholders(sql), count, "{sql}");
        }
    }
}
