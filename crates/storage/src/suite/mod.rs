//! The storage suite: every test runs on SQLite and on PostgreSQL, each on a database of its own.

mod account_steps;
mod configuration;
mod ephemeral;
mod factors;
mod faults;
mod flow_versions;
mod groups;
mod jobs;
mod kept;
mod linking;
mod opening;
mod own_sign_ins;
mod people;
mod races;
mod records;
mod session_rows;
mod sessions;
mod statements;
mod tokens;

use std::future::Future;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use futures_util::future::BoxFuture;
use usher_domain::{
    AccountState, ApplicationId, AttributeBag, AttributeName, AttributeSource, AttributeValue, Clock, ConnectionId,
    ExternalKey, FederatedLink, LinkId, User, UserId, UserName, Verification,
};

use crate::grants::NewGrant;
use crate::testing::{CountingEntropy, FixedClock, TestDatabase};
use crate::{Hash, Purpose, Sealed, StorageError, Store, Tx, hash, users};

/// A store on a fresh database.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: FixedClock,
    pub(crate) entropy: CountingEntropy,
    pub(crate) database: Arc<TestDatabase>,
}

/// Runs a test on both databases, one after the other.
pub(crate) async fn on_both<F, Fut>(test: F)
where
    F: Fn(Fixture) -> Fut,
    Fut: Future<Output = ()>,
{
    for database in [TestDatabase::sqlite(), TestDatabase::postgres().await] {
        eprintln!("on {}", database.url());
        // Held here: a test that moves only the store into its future would lose its database.
        let database = Arc::new(database);
        test(Fixture::on(Arc::clone(&database)).await).await;
    }
}

impl Fixture {
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::on(Arc::new(database)).await
    }

    async fn on(database: Arc<TestDatabase>) -> Self {
        let clock = FixedClock::default();
        Store::migrate(&database.options(), clock.now()).await.unwrap();
        let store = Store::open(&database.options()).await.unwrap();
        Self { store, clock, entropy: CountingEntropy::default(), database }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn sealed(&self, text: &str) -> Sealed {
        self.store.sealer().seal(Purpose::FLOW, "row", text.as_bytes(), &self.entropy).unwrap()
    }

    /// A write that must succeed.
    pub(crate) async fn write<T, J>(&self, job: J) -> T
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Clone + Send + 'static,
        T: Send + 'static,
    {
        self.store.write(job).await.unwrap()
    }

    /// An ephemeral write that must succeed.
    pub(crate) async fn write_ephemeral<T, J>(&self, job: J) -> T
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Clone + Send + 'static,
        T: Send + 'static,
    {
        self.store.write_ephemeral(job).await.unwrap()
    }

    /// A read that must succeed.
    pub(crate) async fn read<T, J>(&self, job: J) -> T
    where
        J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send,
        T: Send,
    {
        self.store.read(job).await.unwrap()
    }

    pub(crate) fn user(&self, name: &str) -> User {
        User {
            id: UserId::parse(format!("u_{}", name.to_lowercase())).unwrap(),
            public_subject: format!("subject of {name}"),
            username: UserName::parse(name).unwrap(),
            state: AccountState::Active,
            attributes: self.attributes("email", &format!("{name}@corp.test")),
            created_by: AttributeSource::Import,
            created_at: self.now(),
            revision: 1,
        }
    }

    pub(crate) async fn with_user(&self, name: &str) -> User {
        let user = self.user(name);
        let added = user.clone();
        let outcome = self.write(move |tx| Box::pin(async move { users::insert(tx, &added).await })).await;
        assert_eq!(outcome, users::UserInsert::Inserted);
        user
    }

    pub(crate) fn attributes(&self, name: &str, value: &str) -> AttributeBag {
        let value = AttributeValue {
            values: vec![value.to_owned()],
            source: AttributeSource::Import,
            verified: Verification::ByAdmin,
            at: self.now(),
        };
        [(AttributeName::parse(name).unwrap(), value)].into()
    }

    pub(crate) fn link(&self, id: &str, user: &UserId) -> FederatedLink {
        FederatedLink {
            id: LinkId::parse(id).unwrap(),
            key: external_key(),
            user: user.clone(),
            created_at: self.now(),
            last_used_at: self.now(),
            explanation: "{}".to_owned(),
        }
    }

    pub(crate) fn grant(&self, name: &str) -> NewGrant {
        NewGrant {
            id: usher_domain::GrantId::parse(format!("g_{name}")).unwrap(),
            flow: usher_domain::FlowId::parse(format!("f_{name}")).unwrap(),
            application: application(),
            user: None,
            session: Some(usher_domain::SessionId::parse("s_1").unwrap()),
            offline: crate::grants::Offline::Denied,
            payload: self.sealed("payload"),
            redirect: self.sealed("redirect"),
            code_hash: code(name),
            code_expires_at: self.now() + Duration::seconds(60),
            created_at: self.now(),
            expires_at: self.now() + Duration::days(30),
        }
    }
}

pub(crate) fn external_key() -> ExternalKey {
    ExternalKey { connection: connection(), issuer: "https://idp.test".to_owned(), subject: "Ann".to_owned() }
}

pub(crate) fn connection() -> ConnectionId {
    ConnectionId::parse("c_acme").unwrap()
}

pub(crate) fn application() -> ApplicationId {
    ApplicationId::parse("a_shop").unwrap()
}

pub(crate) fn code(name: &str) -> Hash {
    hash(format!("code of {name}").as_bytes())
}
