//! Every text is understood by both databases, has consecutive placeholders, and signs people in by index.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

use super::{Fixture, on_both};
use crate::statements::{DURABLE, EPHEMERAL, Named};
use crate::testing::TestDatabase;

fn all() -> impl Iterator<Item = (String, &'static str)> {
    let name = |module: &'static str, named: &'static Named| (format!("{module}::{}", named.0), named.1);
    DURABLE.iter().chain(EPHEMERAL).flat_map(move |(module, texts)| texts.iter().map(move |t| name(module, t)))
}

#[tokio::test]
async fn every_statement_is_understood_by_both_databases() {
    on_both(|test| async move {
        for (module, texts) in DURABLE {
            for (name, sql) in *texts {
                let prepared = test.store.write(move |tx| Box::pin(tx.prepare(sql))).await;
                prepared.unwrap_or_else(|error| panic!("{module}::{name}: {error:?}"));
            }
        }
        for (module, texts) in EPHEMERAL {
            for (name, sql) in *texts {
                let prepared = test.store.write_ephemeral(move |tx| Box::pin(tx.prepare(sql))).await;
                prepared.unwrap_or_else(|error| panic!("{module}::{name}: {error:?}"));
            }
        }
    })
    .await;
}

#[test]
fn placeholders_have_no_gaps() {
    for (name, sql) in all() {
        for number in 1..=crate::db::placeholders(sql) {
            let placeholder = format!("${number}");
            let followed_by_digit = |at: usize| sql[at + placeholder.len()..].starts_with(|c: char| c.is_ascii_digit());
            assert!(
                sql.match_indices(&placeholder).any(|(at, _)| !followed_by_digit(at)),
                "{name} lacks {placeholder}"
            );
        }
    }
}

#[test]
fn no_statement_asks_the_database_for_the_time_or_for_all_columns() {
    for (name, sql) in all() {
        let text = sql.to_lowercase();
        for banned in ["now()", "current_timestamp", "select *", "returning *", "random", "for update"] {
            assert!(!text.contains(banned), "{name} contains {banned}");
        }
    }
}

/// The statements that a sign-in runs, and those about one thing that have to stay quick at any size of a table. None
/// may look at rows that are not its own.
const SIGN_IN: &[&str] = &[
    "config::ASSERT",
    "connections::SECRET",
    "users::GET",
    "users::BY_USERNAME",
    "users::BY_SUBJECT",
    "users::BY_UNIQUE_VALUE",
    "users::BY_EMAIL",
    "users::BY_FOLDED_EMAIL",
    "users::PAGE_BY_ID",
    "users::RENAME",
    "users::BEFORE",
    "users::UPDATE_ATTRIBUTES",
    "unique_values::HOLDER",
    "unique_values::LIST",
    "unique_values::RELEASE_ALL",
    "credentials::GET",
    "credentials::CHANGED_AT",
    "roles::LIST",
    "links::FIND",
    "links::LIST",
    "links::TOUCH",
    "links::GET",
    "links::OF_USER_AT",
    "links::BY_CONNECTION",
    "links::OF_CONNECTION_GONE",
    "links::OF_USER_GONE",
    "links::COUNT",
    "groups::GET",
    "groups::BY_NAME",
    "groups::NAME_HELD",
    "groups::UPDATE",
    "groups::DELETE",
    "memberships::BY_USER",
    "memberships::BY_GROUP",
    "memberships::COUNT",
    "memberships::DELETE",
    "memberships::BY_SOURCE_GONE",
    "attribute_definitions::DELETE",
    "user_emails::CLEAR",
    "decisions::BY_USER",
    "decisions::BY_CONNECTION",
    "decisions::COUNTS",
    "recordings::TRIM",
    "recordings::LIST",
    "recordings::GET",
    "recordings::DELETE",
    "outbox::DUE",
    "outbox::CLAIM",
    "outbox::DONE",
    "outbox::FAIL",
    "sessions::GET",
    "sessions::BY_SID",
    "sessions::SAVE",
    "sessions::DELETE",
    "sessions::DELETE_BY_SID",
    "sessions::DELETE_BY_USER",
    "sessions::LIST_BY_USER",
    "grants::GET",
    "grants::BY_FLOW",
    "grants::BY_CODE",
    "grants::REDEEM",
    "grants::REVOKE",
    "grants::END_SESSION",
    "grants::REVOKE_BY_APPLICATION",
    "grants::REVOKE_BY_USER",
    "grants::APPLICATIONS_BY_SESSION",
    "refresh_tokens::FIND",
    "refresh_tokens::ROTATE",
    "attempts::STATE",
    "attempts::CLEAR",
    "setup_tokens::REDEEM",
    "sessions::DELETE_OTHERS",
    "grants::APPLICATIONS_OF",
    "grants::REVOKE_OF_USER",
    "setup_tokens::REVOKE_ALL",
    "flow_versions::INSERT",
    "flow_versions::HEAD",
    "flow_versions::GET",
    "flow_versions::LIST",
    "flow_versions::WITHDRAW",
    "flow_versions::DELETE",
    "flow_drafts::GET_DRAFT",
    "flow_drafts::UPDATE_DRAFT",
    "flow_drafts::DELETE_DRAFT",
    "flow_recordings::TRIM",
    "flow_recordings::LIST",
    "flow_recordings::DELETE_BY_OWNER",
    "flow_recordings::DELETE_BY_APPLICATION",
    "script_secrets::DELETE",
    "script_libraries::GET",
    "script_libraries::UPDATE",
    "totp::LIST",
    "totp::USE_STEP",
    "totp::RENAME",
    "totp::DELETE",
    "totp::DELETE_ALL",
    "passkeys::LIST",
    "passkeys::GET",
    "passkeys::UPDATE",
    "passkeys::RENAME",
    "passkeys::DELETE",
    "passkeys::DELETE_ALL",
    "recovery_codes::REDEEM",
    "recovery_codes::LEFT",
    "recovery_codes::DELETE_ALL",
    "bypass_codes::REDEEM",
    "bypass_codes::LIVE",
    "bypass_codes::DELETE",
    "trusted_devices::ROTATE",
    "trusted_devices::GET",
    "trusted_devices::LIST",
    "trusted_devices::DELETE",
    "trusted_devices::DELETE_ALL",
    "trusted_devices::DELETE_BY_OWNER",
    "factors::SUMMARY",
    "traces::GET",
    "traces::COUNTS",
    "traces::LAST_SUCCESS",
    "flows::GET",
    "flows::SAVE",
    "flows::DELETE",
    "flows::COUNT",
    "flows::EXPIRED",
    "flows::DELETE_OLDEST",
    "pending::GET",
    "pending::CLAIM",
    "pending::DELETE_BY_FLOW",
    "pending::COUNT",
];

fn sign_in(in_progress: bool) -> impl Iterator<Item = (String, &'static str)> {
    for name in SIGN_IN {
        assert!(all().any(|(known, _)| known == *name), "{name} is no statement");
    }
    let in_progress_names = ["flows::", "pending::"];
    all().filter(move |(name, _)| {
        SIGN_IN.contains(&name.as_str())
            && in_progress_names.iter().any(|prefix| name.starts_with(prefix)) == in_progress
    })
}

#[tokio::test]
async fn sign_ins_use_indexes_on_sqlite() {
    let test = Fixture::new(TestDatabase::sqlite()).await;
    let durable = test.database.path().unwrap();
    let in_progress = format!("{}.in-progress", durable.display());
    for (path, in_progress) in [(durable.display().to_string(), false), (in_progress, true)] {
        let mut link = SqliteConnection::connect(&format!("sqlite:{path}")).await.unwrap();
        for (name, sql) in sign_in(in_progress) {
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            for row in link.fetch_all(AssertSqlSafe(explain)).await.unwrap() {
                let step: String = row.get("detail");
                let is_one_row = step.contains("config_version") || step.contains("CONSTANT ROW");
                assert!(!step.starts_with("SCAN") || is_one_row, "{name}: {step}");
            }
        }
    }
}

#[tokio::test]
async fn sign_ins_use_indexes_on_postgres() {
    let test = Fixture::new(TestDatabase::postgres().await).await;
    let mut link = PgConnection::connect(test.database.url()).await.unwrap();
    // On empty tables a scan is cheapest; this asks whether an index could serve at all.
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(settings).execute(&mut link).await.unwrap();
    for (name, sql) in sign_in(false).chain(sign_in(true)) {
        let nulls = vec!["NULL"; crate::db::placeholders(sql)].join(", ");
        let explain = format!("PREPARE tried AS {sql}; EXPLAIN EXECUTE tried({nulls}); DEALLOCATE tried");
        let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut link).await;
        for row in rows.unwrap_or_else(|error| panic!("{name}: {error}")) {
            let step: String = row.get(0);
            let is_one_row = step.contains("config_version");
            assert!(!step.contains("Seq Scan") || is_one_row, "{name}: {step}");
        }
    }
}
