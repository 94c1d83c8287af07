//! Drafts: one for each owner, saved at the revision it was read with. They wait until they are published or discarded.

use chrono::{DateTime, Utc};
use usher_domain::{FlowDefinition, FlowOwner};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;

statements! {
    GET_DRAFT = "SELECT body, based_on, revision, updated_at, updated_by FROM flow_drafts WHERE owner = $1";
    INSERT_DRAFT = "INSERT INTO flow_drafts (owner, body, based_on, revision, updated_at, updated_by)
                    VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (owner) DO NOTHING RETURNING revision";
    UPDATE_DRAFT = "UPDATE flow_drafts
                    SET body = $2, based_on = $3, updated_at = $4, updated_by = $5, revision = revision + 1
                    WHERE owner = $1 AND revision = $6 RETURNING revision";
    DELETE_DRAFT = "DELETE FROM flow_drafts WHERE owner = $1";
}

/// A flow that is not published yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowDraft {
    /// The flow.
    pub definition: FlowDefinition,
    /// The version that it began as.
    pub based_on: Option<i64>,
    /// Rises with every save.
    pub revision: i64,
    /// When it was last saved.
    pub updated_at: DateTime<Utc>,
    /// By whom.
    pub updated_by: String,
}

/// What is about to be saved.
#[derive(Debug, Clone, Copy)]
pub struct DraftSave<'a> {
    /// Whose.
    pub owner: &'a FlowOwner,
    /// The flow.
    pub definition: &'a FlowDefinition,
    /// The version that it began as.
    pub based_on: Option<i64>,
    /// The revision that was read; none: there was no draft.
    pub expected_revision: Option<i64>,
    /// Who saves it.
    pub by: &'a str,
}

/// The draft of an owner.
pub async fn draft(tx: &mut Tx, owner: &FlowOwner) -> Result<Option<FlowDraft>, StorageError> {
    tx.fetch_optional(GET_DRAFT, values![owner.key()]).await?.map(|row| read(&row)).transpose()
}

/// Saves a draft and gives its new revision; none when somebody else saved or discarded it meanwhile.
pub async fn save_draft(tx: &mut Tx, save: &DraftSave<'_>, now: DateTime<Utc>) -> Result<Option<i64>, StorageError> {
    let (owner, body) = (save.owner.key(), json("body", save.definition)?);
    let row = match save.expected_revision {
        None => tx.fetch_optional(INSERT_DRAFT, values![owner, body, save.based_on, now, save.by]).await?,
        Some(revision) => {
            tx.fetch_optional(UPDATE_DRAFT, values![owner, body, save.based_on, now, save.by, revision]).await?
        }
    };
    row.map(|row| row.int("revision")).transpose()
}

/// Throws a draft away; false when there was none.
pub async fn discard_draft(tx: &mut Tx, owner: &FlowOwner) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE_DRAFT, values![owner.key()]).await? > 0)
}

fn read(row: &Row) -> Result<FlowDraft, StorageError> {
    Ok(FlowDraft {
        definition: row.json("body")?,
        based_on: row.opt_int("based_on")?,
        revision: row.int("revision")?,
        updated_at: row.time("updated_at")?,
        updated_by: row.text("updated_by")?,
    })
}
