//! Local accounts. Unique columns tell the loser of a race, since SQLite's errors do not name the constraint.

use usher_domain::{
    AccountState, AttributeBag, AttributeName, EmailAddress, LocalPart, User, UserId, UserName, Verification,
};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::{json, word};
use crate::user_emails;

macro_rules! columns {
    () => {
        "users.id, users.public_subject, users.username, users.state, users.attributes, users.created_by, \
         users.created_at, users.revision"
    };
}

statements! {
    INSERT = "INSERT INTO users (id, public_subject, username, username_key, state, attributes, search_text,
                  created_by, created_at, revision)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id";
    SUBJECT_TAKEN = "SELECT id FROM users WHERE public_subject = $1";
    GET = concat!("SELECT ", columns!(), " FROM users WHERE id = $1");
    BY_USERNAME = concat!("SELECT ", columns!(), " FROM users WHERE username_key = $1");
    BY_SUBJECT = concat!("SELECT ", columns!(), " FROM users WHERE public_subject = $1");
    BY_UNIQUE_VALUE = concat!("SELECT ", columns!(), " FROM user_unique_values JOIN users
        ON users.id = user_unique_values.user_id
        WHERE user_unique_values.attribute = $1 AND user_unique_values.value_key = $2");
    BY_EMAIL = concat!("SELECT ", columns!(), " FROM user_emails JOIN users ON users.id = user_emails.user_id
        WHERE user_emails.email_key = $1 ORDER BY users.id LIMIT $2");
    BY_FOLDED_EMAIL = concat!("SELECT DISTINCT ", columns!(), " FROM user_emails JOIN users
        ON users.id = user_emails.user_id WHERE user_emails.folded_key = $1 ORDER BY users.id LIMIT $2");
    HOLDING = "SELECT id, username, attributes FROM users
               WHERE id > $1 AND attributes LIKE $2 ESCAPE '!' ORDER BY id LIMIT $3";
    PAGE_BY_ID = concat!("SELECT ", columns!(), " FROM users WHERE users.id > $1 ORDER BY users.id LIMIT $2");
    RENAME = "UPDATE users SET username = $3, username_key = $4, search_text = $5, revision = revision + 1
              WHERE id = $1 AND revision = $2
                  AND NOT EXISTS (SELECT 1 FROM users AS other WHERE other.username_key = $4 AND other.id <> $1)
              RETURNING revision";
    /// A page after the cursor. The text matches anywhere; an account is found at any size of the table by its name.
    SEARCH = concat!("SELECT ", columns!(), ", users.username_key FROM users
        WHERE users.username_key > $1 AND ($2 = '' OR users.search_text LIKE $3 ESCAPE '!')
        ORDER BY users.username_key LIMIT $4");
    COUNT = "SELECT COUNT(*) AS count FROM users";
    UPDATE_ATTRIBUTES = "UPDATE users SET attributes = $3, search_text = $4, revision = revision + 1
                         WHERE id = $1 AND revision = $2 RETURNING revision";
    SET_STATE = "UPDATE users SET state = $3, revision = revision + 1 WHERE id = $1 AND revision = $2
                 RETURNING revision";
    BEFORE = "SELECT username, attributes FROM users WHERE id = $1";
    DELETE = "DELETE FROM users WHERE id = $1";
}

/// Attributes whose values the console's search finds.
const SEARCHED: [&str; 6] = ["email", "name", "given_name", "family_name", "preferred_username", "nickname"];
/// Accounts on a page, when nothing else is asked for.
pub const PAGE: u32 = 25;
/// Most accounts on a page.
const MAX_PAGE: u32 = 200;
/// Most accounts that a report reads at once.
const MAX_SCAN: u32 = 1000;

/// What became of an insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserInsert {
    /// The account exists now.
    Inserted,
    /// Somebody has that user name: try the next candidate.
    UsernameTaken,
    /// Somebody has that public subject: the same person was faster; reload and decide again.
    SubjectTaken,
}

/// What became of a new name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rename {
    /// Done, with the new revision.
    Renamed(i64),
    /// Another account has it.
    Taken,
    /// The account moved on or is gone.
    Stale,
}

/// What one account holds for an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The account.
    pub user: UserId,
    /// Its name.
    pub username: UserName,
    /// Whether somebody vouches for the values.
    pub verified: Verification,
    /// The values.
    pub values: Vec<String>,
}

/// What the console asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSearch {
    /// Part of a user name, address or name; empty: everybody.
    pub text: String,
    /// The cursor of the page before; none for the first page.
    pub after: Option<String>,
    /// Most accounts on the page; [`PAGE`] as a rule.
    pub limit: u32,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// Accounts by user name.
    pub users: Vec<User>,
    /// Cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// Adds an account with its revision.
pub async fn insert(tx: &mut Tx, user: &User) -> Result<UserInsert, StorageError> {
    let values = values![
        user.id.as_str(),
        &user.public_subject,
        user.username.as_str(),
        user.username.unique_key(),
        word("state", &user.state)?,
        json("attributes", &user.attributes)?,
        search_text(user.username.as_str(), &user.attributes),
        json("created_by", &user.created_by)?,
        user.created_at,
        user.revision,
    ];
    if tx.fetch_optional(INSERT, values).await?.is_some() {
        user_emails::write(tx, &user.id, &user_emails::addresses(&user.attributes)).await?;
        return Ok(UserInsert::Inserted);
    }
    let taken = tx.fetch_optional(SUBJECT_TAKEN, values![&user.public_subject]).await?;
    Ok(if taken.is_some() { UserInsert::SubjectTaken } else { UserInsert::UsernameTaken })
}

/// One account.
pub async fn get(tx: &mut Tx, id: &UserId) -> Result<Option<User>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// The account with this user name, in any case.
pub async fn get_by_username(tx: &mut Tx, name: &UserName) -> Result<Option<User>, StorageError> {
    tx.fetch_optional(BY_USERNAME, values![name.unique_key()]).await?.map(|row| read(&row)).transpose()
}

/// The account with this public subject.
pub async fn get_by_subject(tx: &mut Tx, subject: &str) -> Result<Option<User>, StorageError> {
    tx.fetch_optional(BY_SUBJECT, values![subject]).await?.map(|row| read(&row)).transpose()
}

/// The account that holds a unique value, e.g. a verified address by its key.
pub async fn get_by_unique_value(
    tx: &mut Tx,
    attribute: &AttributeName,
    value_key: &str,
) -> Result<Option<User>, StorageError> {
    let row = tx.fetch_optional(BY_UNIQUE_VALUE, values![attribute.as_str(), value_key]).await?;
    row.map(|row| read(&row)).transpose()
}

/// Accounts that hold an address, verified or not, up to `limit`.
pub async fn find_by_email(
    tx: &mut Tx,
    address: &EmailAddress,
    local_part: LocalPart,
    limit: u32,
) -> Result<Vec<User>, StorageError> {
    let rows = match local_part {
        LocalPart::Exact => tx.fetch_all(BY_EMAIL, values![address.as_str(), limit]).await?,
        LocalPart::IgnoreCase => tx.fetch_all(BY_FOLDED_EMAIL, values![address.unique_key(), limit]).await?,
    };
    rows.iter().map(read).collect()
}

/// A page of accounts by id, after the cursor: for reports that look at everybody.
pub async fn page(tx: &mut Tx, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StorageError> {
    let values = values![after.map_or("", UserId::as_str), limit.clamp(1, MAX_SCAN)];
    tx.fetch_all(PAGE_BY_ID, values).await?.iter().map(read).collect()
}

/// Accounts that hold an attribute, with its values, by id after the cursor. Fewer than `limit` are the end.
pub async fn values_of(
    tx: &mut Tx,
    attribute: &AttributeName,
    after: Option<&UserId>,
    limit: u32,
) -> Result<Vec<Holding>, StorageError> {
    // A quote inside a value is escaped, so this text is never part of one; SQLite compares it without case, hence
    // the second look below, and another page where that left gaps.
    let pattern = like(&format!("\"{attribute}\":{{\"values\":"));
    let (limit, mut held) = (usize::try_from(limit.clamp(1, MAX_SCAN)).unwrap_or(usize::MAX), Vec::new());
    let mut after = after.cloned();
    loop {
        let values = values![after.as_ref().map_or("", UserId::as_str), &pattern, MAX_SCAN];
        let rows = tx.fetch_all(HOLDING, values).await?;
        let full = rows.len() >= usize::try_from(MAX_SCAN).unwrap_or(usize::MAX);
        for row in &rows {
            let user: UserId = row.parsed("id")?;
            after = Some(user.clone());
            let mut attributes: AttributeBag = row.json("attributes")?;
            if let Some(value) = attributes.remove(attribute) {
                let username = row.parsed("username")?;
                held.push(Holding { user, username, verified: value.verified, values: value.values });
            }
            if held.len() == limit {
                return Ok(held);
            }
        }
        if !full {
            return Ok(held);
        }
    }
}

/// Gives an account another user name at a revision.
pub async fn rename(tx: &mut Tx, user: &User, name: &UserName) -> Result<Rename, StorageError> {
    let values = values![
        user.id.as_str(),
        user.revision,
        name.as_str(),
        name.unique_key(),
        search_text(name.as_str(), &user.attributes),
    ];
    if let Some(row) = tx.fetch_optional(RENAME, values).await? {
        return Ok(Rename::Renamed(row.int("revision")?));
    }
    let holder = get_by_username(tx, name).await?;
    Ok(if holder.is_some_and(|holder| holder.id != user.id) { Rename::Taken } else { Rename::Stale })
}

/// A page of accounts by user name.
pub async fn search(tx: &mut Tx, search: &UserSearch) -> Result<UserPage, StorageError> {
    let limit = search.limit.clamp(1, MAX_PAGE);
    let text = search.text.trim().to_lowercase();
    let after = search.after.as_deref().unwrap_or("");
    let mut rows = tx.fetch_all(SEARCH, values![after, &text, like(&text), limit + 1]).await?;
    let more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        rows.pop();
    }
    let next = if more { rows.last().map(|row| row.text("username_key")).transpose()? } else { None };
    Ok(UserPage { users: rows.iter().map(read).collect::<Result<_, _>>()?, next })
}

/// How many accounts there are.
pub async fn count(tx: &mut Tx) -> Result<i64, StorageError> {
    tx.fetch_one(COUNT, &[]).await?.int("count")
}

/// Replaces the attributes at a revision, and gives the new one; none when the account moved on or is gone.
pub async fn update_attributes(
    tx: &mut Tx,
    id: &UserId,
    revision: i64,
    attributes: &AttributeBag,
) -> Result<Option<i64>, StorageError> {
    let Some(before) = tx.fetch_optional(BEFORE, values![id.as_str()]).await? else { return Ok(None) };
    let text = search_text(&before.text("username")?, attributes);
    let values = values![id.as_str(), revision, json("attributes", attributes)?, text];
    let Some(row) = tx.fetch_optional(UPDATE_ATTRIBUTES, values).await? else { return Ok(None) };
    user_emails::replace(tx, id, &before.json("attributes")?, attributes).await?;
    row.int("revision").map(Some)
}

/// Enables or disables an account at a revision, and gives the new one; none when it moved on or is gone.
pub async fn set_state(
    tx: &mut Tx,
    id: &UserId,
    revision: i64,
    state: AccountState,
) -> Result<Option<i64>, StorageError> {
    let values = values![id.as_str(), revision, word("state", &state)?];
    tx.fetch_optional(SET_STATE, values).await?.map(|row| row.int("revision")).transpose()
}

/// Removes an account with everything that hangs on it: links, credentials, roles, sessions, grants.
pub async fn delete(tx: &mut Tx, id: &UserId) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

fn read(row: &Row) -> Result<User, StorageError> {
    Ok(User {
        id: row.parsed("id")?,
        public_subject: row.text("public_subject")?,
        username: row.parsed("username")?,
        state: row.word("state")?,
        attributes: row.json("attributes")?,
        created_by: row.json("created_by")?,
        created_at: row.time("created_at")?,
        revision: row.int("revision")?,
    })
}

fn search_text(username: &str, attributes: &AttributeBag) -> String {
    let mut text = username.to_lowercase();
    for (name, value) in attributes {
        if SEARCHED.contains(&name.as_str()) {
            for part in &value.values {
                text.push('\n');
                // PostgreSQL takes no NUL in a text; in the JSON beside it stands escaped.
                text.extend(part.to_lowercase().chars().filter(|&c| c != '\0'));
            }
        }
    }
    text
}

/// A pattern that finds `text` anywhere, its own wildcards taken literally.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
