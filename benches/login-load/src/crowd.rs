//! The loader: accounts by the hundred thousand, in seconds. One person signs in by the ordinary way and leaves the rows
//! that the broker writes; the loader copies those rows under other names, with a handful of statements for many people.
//! It writes behind the broker's back, while that is stopped, as a backup being restored would.

use std::io::Write;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::fault::Fault;

/// Accounts per statement.
const AT_ONCE: u32 = 20_000;
/// Accounts after which progress is worth a word.
const WORTH_A_WORD: u32 = 100_000;

/// The last part of the model's subject; numbers take its place.
pub const MODEL: &str = "model";

/// The columns of a table in order, each with what a copy has there; `#` stands for the new person's name.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "users",
        "id, public_subject, username, username_key, state, attributes, search_text, created_by, created_at, revision",
        "'u_' || #, 's_' || #, replace(t.username, @, #), replace(t.username_key, @, #), t.state,
         replace(t.attributes, @, #), replace(t.search_text, @, #), t.created_by, t.created_at, t.revision
         FROM n, users t WHERE t.id = model.id",
    ),
    (
        "user_unique_values",
        "attribute, value_key, user_id",
        "t.attribute, replace(t.value_key, @, #), 'u_' || # FROM n, user_unique_values t WHERE t.user_id = model.id",
    ),
    (
        "user_emails",
        "user_id, email_key, folded_key",
        "'u_' || #, replace(t.email_key, @, #), replace(t.folded_key, @, #)
         FROM n, user_emails t WHERE t.user_id = model.id",
    ),
    (
        "federated_links",
        "id, connection, issuer, subject, user_id, explanation, created_at, last_used_at",
        "'l_' || #, t.connection, t.issuer, replace(t.subject, @, #), 'u_' || #, replace(t.explanation, @, #),
         t.created_at, t.last_used_at FROM n, federated_links t WHERE t.user_id = model.id",
    ),
];

enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Link {
    async fn open(database: &str) -> Result<Self, Fault> {
        if !database.starts_with("sqlite:") {
            return Ok(Self::Postgres(PgConnection::connect(database).await?));
        }
        let mut link = SqliteConnection::connect(database).await?;
        // Nobody misses what a broken load leaves.
        sqlx::raw_sql("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000").execute(&mut link).await?;
        Ok(Self::Sqlite(link))
    }

    async fn run(&mut self, sql: String) -> Result<u64, Fault> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        Ok(match self {
            Self::Sqlite(link) => sql.execute(link).await?.rows_affected(),
            Self::Postgres(link) => sql.execute(link).await?.rows_affected(),
        })
    }

    async fn close(self) -> Result<(), Fault> {
        match self {
            Self::Sqlite(link) => link.close().await?,
            Self::Postgres(link) => link.close().await?,
        }
        Ok(())
    }
}

/// Copies the model of `prefix` so often: `es-model` becomes `es-0`, `es-1` and so on.
pub async fn load(database: &str, prefix: &str, count: u32) -> Result<(), Fault> {
    let mut link = Link::open(database).await?;
    for from in (0..count).step_by(AT_ONCE as usize) {
        let to = count.min(from + AT_ONCE);
        link.run("BEGIN".to_owned()).await?;
        for (table, columns, copy) in TABLES {
            let made = link.run(statement(table, columns, copy, (prefix, from, to))).await?;
            if made < u64::from(to - from) {
                return Err(Fault::told(format!("the loader made {made} rows in {table} for {} people", to - from)));
            }
        }
        link.run("COMMIT".to_owned()).await?;
        if count >= WORTH_A_WORD {
            eprint!("\r  {to} of {count} accounts");
            std::io::stderr().flush()?;
        }
    }
    if count >= WORTH_A_WORD {
        eprintln!();
    }
    if matches!(link, Link::Postgres(_)) {
        // What its own housekeeping does within a minute.
        link.run("ANALYZE".to_owned()).await?;
    }
    link.close().await
}

fn statement(table: &str, columns: &str, copy: &str, people: (&str, u32, u32)) -> String {
    let (prefix, from, to) = people;
    let model = format!("'{prefix}{MODEL}'");
    let id = format!("(SELECT user_id FROM federated_links WHERE subject = {model})");
    let name = format!("('{prefix}' || CAST(n.i AS TEXT))");
    let copy = copy.replace('#', &name).replace('@', &model).replace("model.id", &id);
    let last = to - 1;
    let numbers = format!("n(i) AS (SELECT {from} UNION ALL SELECT n.i + 1 FROM n WHERE n.i < {last})");
    format!("WITH RECURSIVE {numbers} INSERT INTO {table} ({columns}) SELECT {copy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_names_the_model_and_the_numbers() {
        let (table, columns, copy) = TABLES[2];
        let text = statement(table, columns, copy, ("es-", 20, 40));
        assert!(text.contains("SELECT 20 UNION ALL SELECT n.i + 1 FROM n WHERE n.i < 39"), "{text}");
        assert!(
            text.contains("'u_' || ('es-' || CAST(n.i AS TEXT))") && text.contains("subject = 'es-model'"),
            "{text}"
        );
        assert!(!text.contains(['#', '@']), "{text}");
    }
}
