//! Looking into Usher's durable tables from outside, on either database.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};

/// Where an Usher keeps its durable rows.
#[derive(Debug, Clone)]
pub struct Database {
    /// As the command line takes it.
    pub url: String,
}

/// How many rows there are that a sign-in may leave behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    pub users: i64,
    pub links: i64,
    pub sessions: i64,
    pub grants: i64,
    pub refresh_tokens: i64,
}

impl Database {
    /// The first column of every row, as integers.
    pub async fn numbers(&self, sql: &str) -> Vec<i64> {
        let sql = AssertSqlSafe(sql.to_owned());
        let why = "the query runs";
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{path}?mode=ro")).await.expect("opens");
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect(why);
            return rows.iter().map(|row| row.get(0)).collect();
        }
        let mut connection = PgConnection::connect(&self.url).await.expect("connects");
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect(why);
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The first column of every row, as texts.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        let why = "the query runs";
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{path}?mode=ro")).await.expect("opens");
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect(why);
            return rows.iter().map(|row| row.get(0)).collect();
        }
        let mut connection = PgConnection::connect(&self.url).await.expect("connects");
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect(why);
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Changes rows behind Usher's back, where no page does it yet.
    pub async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let why = "the statement runs";
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{path}")).await.expect("opens");
            sqlx::query(sql).execute(&mut connection).await.expect(why);
            return;
        }
        let mut connection = PgConnection::connect(&self.url).await.expect("connects");
        sqlx::query(sql).execute(&mut connection).await.expect(why);
    }

    /// A `select count(*)`, or any other single number.
    pub async fn count(&self, sql: &str) -> i64 {
        *self.numbers(sql).await.first().expect("a row")
    }

    /// Everything that a refused sign-in must leave as it was.
    pub async fn rows(&self) -> Rows {
        let numbers = self
            .numbers(
                // Without an order PostgreSQL may answer the branches as they finish, side by side.
                "SELECT n FROM (SELECT 1 AS place, count(*) AS n FROM users \
                 UNION ALL SELECT 2, count(*) FROM federated_links \
                 UNION ALL SELECT 3, count(*) FROM sessions WHERE kind = 'browser' \
                 UNION ALL SELECT 4, count(*) FROM grants \
                 UNION ALL SELECT 5, count(*) FROM refresh_tokens) AS counted ORDER BY place",
            )
            .await;
        let [users, links, sessions, grants, refresh_tokens] = numbers[..] else { panic!("five numbers") };
        Rows { users, links, sessions, grants, refresh_tokens }
    }

    /// The attributes of the user with this name, as stored.
    pub async fn attributes(&self, username: &str) -> Value {
        let sql = format!("SELECT attributes FROM users WHERE username = '{username}'");
        let found = self.texts(&sql).await;
        let text = found.first().unwrap_or_else(|| panic!("no user {username}"));
        serde_json::from_str(text).expect("JSON")
    }

    /// The first value of a stored attribute, empty when there is none.
    pub async fn attribute(&self, username: &str, name: &str) -> String {
        self.attributes(username).await[name]["values"][0].as_str().unwrap_or("").to_owned()
    }

    /// What applications know the user with this name by.
    pub async fn subject(&self, username: &str) -> String {
        let sql = format!("SELECT public_subject FROM users WHERE username = '{username}'");
        let found = self.texts(&sql).await;
        found.first().unwrap_or_else(|| panic!("no user {username}")).clone()
    }

    /// How many external identities lead to the user with this name.
    pub async fn links_of(&self, username: &str) -> i64 {
        let sql = "SELECT count(*) FROM federated_links l JOIN users u ON u.id = l.user_id";
        self.count(&format!("{sql} WHERE u.username = '{username}'")).await
    }

    /// The highest audit id.
    pub async fn last_audit(&self) -> i64 {
        self.count("SELECT coalesce(max(id), 0) FROM audit").await
    }

    /// Audit events after `id`, as JSON with action, outcome, detail and correlation.
    pub async fn audit_after(&self, id: i64) -> Vec<Value> {
        let sql = format!(
            "SELECT '[\"' || action || '\",\"' || outcome || '\",\"' || coalesce(correlation, '') || '\",' || detail || ']' \
             FROM audit WHERE id > {id} ORDER BY id"
        );
        self.texts(&sql).await.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
    }
}
