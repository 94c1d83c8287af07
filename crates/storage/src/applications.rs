//! Applications: one row of JSON each; of their secrets only hashes exist.

use usher_domain::{Application, ApplicationId, FlowOwner};

use crate::StorageError;
use crate::db::{Row, Tx, values};
use crate::statements::statements;
use crate::text::json;
use crate::{flow_recordings, flow_versions, trusted_devices};

statements! {
    INSERT = "INSERT INTO applications (id, body, revision) VALUES ($1, $2, 1)
              ON CONFLICT (id) DO NOTHING RETURNING id";
    UPDATE = "UPDATE applications SET body = $3, revision = revision + 1 WHERE id = $1 AND revision = $2
              RETURNING revision";
    GET = "SELECT body, revision FROM applications WHERE id = $1";
    LIST = "SELECT body, revision FROM applications ORDER BY id";
    DELETE = "DELETE FROM applications WHERE id = $1";
}

/// Adds an application, with revision 1; false when the id is taken.
pub async fn insert(tx: &mut Tx, application: &Application) -> Result<bool, StorageError> {
    let values = values![application.id.as_str(), json("body", application)?];
    Ok(tx.fetch_optional(INSERT, values).await?.is_some())
}

/// Replaces an application at the revision it was read with, and gives the new one; none when it moved on or is gone.
pub async fn update(tx: &mut Tx, application: &Application) -> Result<Option<i64>, StorageError> {
    let values = values![application.id.as_str(), application.revision, json("body", application)?];
    tx.fetch_optional(UPDATE, values).await?.map(|row| row.int("revision")).transpose()
}

/// One application.
pub async fn get(tx: &mut Tx, id: &ApplicationId) -> Result<Option<Application>, StorageError> {
    tx.fetch_optional(GET, values![id.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// All applications by id.
pub async fn list(tx: &mut Tx) -> Result<Vec<Application>, StorageError> {
    tx.fetch_all(LIST, &[]).await?.iter().map(read).collect()
}

/// Removes an application, with the versions and the draft of its flow, what was recorded of it, and the browsers that
/// it remembers.
pub async fn delete(tx: &mut Tx, id: &ApplicationId) -> Result<bool, StorageError> {
    let owner = FlowOwner::Application(id.clone());
    flow_versions::delete_by_owner(tx, &owner).await?;
    flow_recordings::delete_by_owner(tx, &owner).await?;
    flow_recordings::delete_by_application(tx, id).await?;
    trusted_devices::delete_by_owner(tx, &owner).await?;
    Ok(tx.execute(DELETE, values![id.as_str()]).await? > 0)
}

fn read(row: &Row) -> Result<Application, StorageError> {
    Ok(Application { revision: row.int("revision")?, ..row.json("body")? })
}
