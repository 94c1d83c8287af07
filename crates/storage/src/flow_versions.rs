//! Published flows in numbered versions, which of them is in force, and drafts.
//!
//! A version is never changed or removed while its owner lives: a sign-in in progress keeps the one it began with, and
//! going back publishes an old text anew. What a script needs besides (secrets, libraries) is sealed beside the version
//! under [`crate::Purpose::SCRIPT_BUNDLE`], row id: the owner's key.

mod drafts;

use chrono::{DateTime, Utc};
use usher_domain::{FlowDefinition, FlowOwner, FlowVersion};

use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;
use crate::{Sealed, StorageError, config};

pub use drafts::{DraftSave, FlowDraft, discard_draft, draft, save_draft};

macro_rules! columns {
    () => {
        "owner, number, body, bundle, published_at, published_by, note"
    };
}

statements! {
    INSERT = concat!("INSERT INTO flow_versions (", columns!(), ")
        SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5, $6 FROM flow_versions WHERE owner = $1
        RETURNING number");
    MOVE_HEAD = "INSERT INTO flow_heads (owner, number, revision) VALUES ($1, $2, 1)
                 ON CONFLICT (owner) DO UPDATE
                 SET number = excluded.number, revision = flow_heads.revision + 1";
    HEAD = "SELECT number FROM flow_heads WHERE owner = $1";
    HEADS = "SELECT flow_versions.owner, flow_versions.number, flow_versions.body, flow_versions.bundle
             FROM flow_heads JOIN flow_versions
                 ON flow_versions.owner = flow_heads.owner AND flow_versions.number = flow_heads.number
             ORDER BY flow_versions.owner";
    GET = concat!("SELECT ", columns!(), " FROM flow_versions WHERE owner = $1 AND number = $2");
    LIST = concat!("SELECT ", columns!(), " FROM flow_versions WHERE owner = $1 ORDER BY number DESC LIMIT $2");
    WITHDRAW = "DELETE FROM flow_heads WHERE owner = $1";
    DELETE = "DELETE FROM flow_versions WHERE owner = $1";
}

/// What is about to be published.
#[derive(Debug, Clone, Copy)]
pub struct NewFlowVersion<'a> {
    /// Whose.
    pub owner: &'a FlowOwner,
    /// The flow.
    pub definition: &'a FlowDefinition,
    /// What its script rests on.
    pub bundle: Option<&'a Sealed>,
    /// Who publishes it.
    pub by: &'a str,
    /// Why, in their words.
    pub note: &'a str,
}

/// One published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowVersionRow {
    /// Whose, and which.
    pub version: FlowVersion,
    /// The flow.
    pub definition: FlowDefinition,
    /// What its script rests on, sealed.
    pub bundle: Option<Sealed>,
    /// When.
    pub published_at: DateTime<Utc>,
    /// By whom.
    pub published_by: String,
    /// Why.
    pub note: String,
}

/// The version in force of one owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowHead {
    /// Whose.
    pub owner: FlowOwner,
    /// Which.
    pub number: i64,
    /// The flow.
    pub definition: FlowDefinition,
    /// What its script rests on, sealed.
    pub bundle: Option<Sealed>,
}

/// Publishes the next version, puts it in force, and gives its number. The caller raises the configuration's version.
pub async fn publish(tx: &mut Tx, new: &NewFlowVersion<'_>, now: DateTime<Utc>) -> Result<i64, StorageError> {
    // One after the other: two who publish at once would both count to the same number.
    config::queue(tx).await?;
    let owner = new.owner.key();
    let bundle = new.bundle.map(Sealed::as_bytes);
    let values = values![owner, json("body", new.definition)?, bundle, now, new.by, new.note];
    let number = tx.fetch_one(INSERT, values).await?.int("number")?;
    tx.execute(MOVE_HEAD, values![owner, number]).await?;
    Ok(number)
}

/// The number of the version in force.
pub async fn head(tx: &mut Tx, owner: &FlowOwner) -> Result<Option<i64>, StorageError> {
    tx.fetch_optional(HEAD, values![owner.key()]).await?.map(|row| row.int("number")).transpose()
}

/// Every version in force, by owner.
pub async fn heads(tx: &mut Tx) -> Result<Vec<FlowHead>, StorageError> {
    tx.fetch_all(HEADS, &[]).await?.iter().map(read_head).collect()
}

/// One version, in force or not.
pub async fn get(tx: &mut Tx, version: &FlowVersion) -> Result<Option<FlowVersionRow>, StorageError> {
    let values = values![&version.owner, version.number];
    tx.fetch_optional(GET, values).await?.map(|row| read(&row)).transpose()
}

/// The versions of an owner, newest first.
pub async fn list(tx: &mut Tx, owner: &FlowOwner, limit: u32) -> Result<Vec<FlowVersionRow>, StorageError> {
    tx.fetch_all(LIST, values![owner.key(), limit]).await?.iter().map(read).collect()
}

/// Takes the version in force back, so that the default applies; the versions stay. False when none was.
pub async fn withdraw(tx: &mut Tx, owner: &FlowOwner) -> Result<bool, StorageError> {
    Ok(tx.execute(WITHDRAW, values![owner.key()]).await? > 0)
}

/// Removes versions and draft of an owner that goes.
pub(crate) async fn delete_by_owner(tx: &mut Tx, owner: &FlowOwner) -> Result<(), StorageError> {
    withdraw(tx, owner).await?;
    tx.execute(DELETE, values![owner.key()]).await?;
    discard_draft(tx, owner).await.map(drop)
}

fn owner(row: &Row) -> Result<FlowOwner, StorageError> {
    FlowOwner::from_key(&row.text("owner")?).map_err(|error| StorageError::unreadable("owner", &error))
}

fn read_head(row: &Row) -> Result<FlowHead, StorageError> {
    Ok(FlowHead {
        owner: owner(row)?,
        number: row.int("number")?,
        definition: row.json("body")?,
        bundle: row.opt_bytes("bundle")?.map(Sealed::stored),
    })
}

fn read(row: &Row) -> Result<FlowVersionRow, StorageError> {
    Ok(FlowVersionRow {
        version: FlowVersion { owner: row.text("owner")?, number: row.int("number")? },
        definition: row.json("body")?,
        bundle: row.opt_bytes("bundle")?.map(Sealed::stored),
        published_at: row.time("published_at")?,
        published_by: row.text("published_by")?,
        note: row.text("note")?,
    })
}

#[cfg(test)]
pub(crate) use drafts::ALL as DRAFTS;
