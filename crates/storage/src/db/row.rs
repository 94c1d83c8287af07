//! One row of an answer, read by column name, the same on both databases.

use chrono::{DateTime, TimeZone, Utc};
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use crate::StorageError;

/// A row. Reading a column as what it is not is [`StorageError::UnreadableRow`].
pub struct Row(pub(super) Source);

pub(super) enum Source {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! column {
    ($(#[$doc:meta])* $name:ident -> $type:ty) => {
        $(#[$doc])*
        pub fn $name(&self, column: &str) -> Result<$type, StorageError> {
            match &self.0 {
                Source::Sqlite(row) => row.try_get(column),
                Source::Postgres(row) => row.try_get(column),
            }
            .map_err(|error| StorageError::unreadable(column, &error))
        }
    };
}

impl Row {
    column!(
        /// An integer.
        int -> i64
    );
    column!(
        /// An integer that may be absent.
        opt_int -> Option<i64>
    );
    column!(
        /// A text.
        text -> String
    );
    column!(
        /// A text that may be absent.
        opt_text -> Option<String>
    );
    column!(
        /// Bytes.
        bytes -> Vec<u8>
    );
    column!(
        /// Bytes that may be absent.
        opt_bytes -> Option<Vec<u8>>
    );

    /// A time, kept as milliseconds since 1970.
    pub fn time(&self, column: &str) -> Result<DateTime<Utc>, StorageError> {
        moment(column, self.int(column)?)
    }

    /// A time that may be absent.
    pub fn opt_time(&self, column: &str) -> Result<Option<DateTime<Utc>>, StorageError> {
        self.opt_int(column)?.map(|millis| moment(column, millis)).transpose()
    }

    /// A text with rules (an id, a name).
    pub fn parsed<T>(&self, column: &str) -> Result<T, StorageError>
    where
        T: TryFrom<String>,
        T::Error: ToString,
    {
        T::try_from(self.text(column)?).map_err(|error| StorageError::unreadable(column, &error))
    }

    /// A text with rules that may be absent.
    pub fn opt_parsed<T>(&self, column: &str) -> Result<Option<T>, StorageError>
    where
        T: TryFrom<String>,
        T::Error: ToString,
    {
        self.opt_text(column)?
            .map(|text| T::try_from(text).map_err(|error| StorageError::unreadable(column, &error)))
            .transpose()
    }

    /// JSON kept as text.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StorageError> {
        // The parser's message names the place, and may name a value: only its place is passed on.
        serde_json::from_str(&self.text(column)?)
            .map_err(|error| StorageError::unreadable(column, &format!("JSON, byte {}", error.column())))
    }

    /// A word of an enum that serialises as text.
    pub fn word<T: DeserializeOwned>(&self, column: &str) -> Result<T, StorageError> {
        serde_json::from_value(serde_json::Value::String(self.text(column)?))
            .map_err(|_| StorageError::unreadable(column, "unknown word"))
    }

    /// Exactly 32 bytes: a SHA-256.
    pub fn hash(&self, column: &str) -> Result<crate::Hash, StorageError> {
        self.bytes(column)?.try_into().map_err(|_| StorageError::unreadable(column, "not 32 bytes"))
    }
}

fn moment(column: &str, millis: i64) -> Result<DateTime<Utc>, StorageError> {
    Utc.timestamp_millis_opt(millis).single().ok_or_else(|| StorageError::unreadable(column, "not a time"))
}
