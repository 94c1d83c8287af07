//! The store behind tower-sessions: rows of [`crate::sessions`] under our clock.
//!
//! A finished sign-in writes its session row in its own transaction; [`SessionRows::create`] then adopts that id
//! instead of writing again (the layer saves after the handler, in a commit of its own). A session's end is fixed
//! when it begins; saving neither moves it nor brings a revoked session back.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::Duration;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result, SessionStore};
use usher_domain::{Clock, Entropy, SessionId, UserId};

use crate::db::Store;
use crate::sessions::{self, CookieId, SessionData, SessionKind, SessionRow};
use crate::{Hash, StorageError};

/// Text of the [`CookieId`] whose row the finishing transaction wrote.
pub const ADOPT_KEY: &str = "usher.adopt";
/// The local account of a new session.
pub const USER_KEY: &str = "usher.user";
/// The handle of a new session; absent: a random one.
pub const SID_KEY: &str = "usher.sid";

/// Sessions of one kind as tower-sessions wants them.
#[derive(Clone)]
pub struct SessionRows {
    /// Where the rows are.
    pub store: Store,
    /// Browser and console never share a row.
    pub kind: SessionKind,
    /// Decides what has expired.
    pub clock: Arc<dyn Clock>,
    /// Seals the data.
    pub entropy: Arc<dyn Entropy>,
    /// How long a session created here lasts.
    pub lifetime: Duration,
}

impl std::fmt::Debug for SessionRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionRows").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for SessionRows {
    async fn create(&self, record: &mut Record) -> Result<()> {
        if let Some(adopted) = record.data.remove(ADOPT_KEY) {
            let id = adopted.as_str().and_then(CookieId::parse);
            let id = id.ok_or_else(|| Error::Decode("the session to adopt is not an id".to_owned()))?;
            record.id = Id(id.to_number());
            return Ok(());
        }
        // Ids come from our entropy, not from the library's own generator.
        let id = CookieId::random(self.entropy.as_ref());
        let row = self.row(id, &record.data)?;
        let expires_at = row.expires_at;
        let taken = self.store.write(move |tx| Box::pin(async move { sessions::insert(tx, &row).await })).await;
        if !taken.map_err(|error| backend(&error))? {
            return Err(Error::Backend("the session's id or handle is taken".to_owned()));
        }
        record.id = Id(id.to_number());
        record.expiry_date = moment(expires_at);
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let id_hash = CookieId::from_number(record.id.0).hash();
        let data = self.sealed(&id_hash, &record.data)?;
        let saved = self.store.write(move |tx| Box::pin(async move { sessions::save(tx, &id_hash, &data).await }));
        saved.await.map(drop).map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let id_hash = CookieId::from_number(id.0).hash();
        let (kind, now) = (self.kind, self.clock.now());
        let row = self.store.read(|tx| Box::pin(async move { sessions::get(tx, &id_hash, kind, now).await })).await;
        let Some(row) = row.map_err(|error| backend(&error))? else { return Ok(None) };
        let data = sessions::open_data(self.store.sealer(), &row).map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: moment(row.expires_at) }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let id_hash = CookieId::from_number(id.0).hash();
        let deleted = self.store.write(move |tx| Box::pin(async move { sessions::delete(tx, &id_hash).await })).await;
        deleted.map(drop).map_err(|error| backend(&error))
    }
}

impl SessionRows {
    fn row(&self, id: CookieId, data: &SessionData) -> Result<SessionRow> {
        let id_hash = id.hash();
        let now = self.clock.now();
        let word = |key: &str| data.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        let sid = word(SID_KEY).map(SessionId::parse).transpose();
        let user = word(USER_KEY).map(UserId::parse).transpose();
        Ok(SessionRow {
            id_hash,
            sid: sid.map_err(|error| encode(&error))?.unwrap_or_else(|| SessionId::random(self.entropy.as_ref())),
            kind: self.kind,
            user: user.map_err(|error| encode(&error))?,
            data: self.sealed(&id_hash, data)?,
            created_at: now,
            expires_at: now + self.lifetime,
            remote: None,
            agent: None,
        })
    }

    fn sealed(&self, id_hash: &Hash, data: &SessionData) -> Result<crate::Sealed> {
        sessions::seal_data(self.store.sealer(), id_hash, data, self.entropy.as_ref()).map_err(|error| encode(&error))
    }
}

fn encode(error: &impl ToString) -> Error {
    Error::Encode(error.to_string())
}

fn backend(error: &StorageError) -> Error {
    tracing::warn!(%error, cause = ?error, "a session could not be read or written");
    Error::Backend(error.to_string())
}

fn moment(at: chrono::DateTime<chrono::Utc>) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.timestamp_millis()) * 1_000_000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}
