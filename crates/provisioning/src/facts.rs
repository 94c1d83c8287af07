//! What a decision is made from: the proved identity, and what the broker looked up about accounts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use usher_domain::{
    AccountNeed, AccountState, AttributeBag, AttributeName, AttributeSchema, AttributeSource, ExternalIdentity, User,
    UserId, UserName,
};

use crate::mapping::MappedAttributes;

/// What a connection presented.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// The proved identity.
    pub identity: &'a ExternalIdentity,
    /// Its attributes, mapped from it by the connection's mapping.
    pub mapped: &'a MappedAttributes,
}

/// A local account as a decision sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAccount {
    /// Immutable id.
    pub user: UserId,
    /// Name to sign in with.
    pub username: UserName,
    /// Whether the person may sign in.
    pub state: AccountState,
    /// Everything known about the person.
    pub attributes: AttributeBag,
    /// Who created the account, and with it chose the user name.
    pub created_by: AttributeSource,
}

impl From<&User> for LocalAccount {
    fn from(user: &User) -> Self {
        Self {
            user: user.id.clone(),
            username: user.username.clone(),
            state: user.state,
            attributes: user.attributes.clone(),
            created_by: user.created_by.clone(),
        }
    }
}

/// An account that a linking rule may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The account.
    pub account: LocalAccount,
    /// Whether another external subject of the same connection is linked to it already.
    pub linked_elsewhere: bool,
}

/// What the broker looked up, in one reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account that the identity is linked to.
    pub link: Option<LocalAccount>,
    /// Accounts found for each linking rule, in the order of the rules; in any order within a rule.
    pub candidates: Vec<Vec<Candidate>>,
    /// Who holds a received value of a unique attribute, by attribute; the account itself may be among them.
    pub taken: BTreeMap<AttributeName, BTreeSet<UserId>>,
    /// Whether an account holds the public subject of this identity although no link leads there: somebody
    /// unlinked it, and it must not speak for that account any more.
    pub subject_held: bool,
    /// The account that the person proved to own, in this sign-in and for this identity.
    pub proved: Option<UserId>,
    /// Accounts among the candidates that hold a console role: no rule links them on its own.
    pub admins: BTreeSet<UserId>,
    /// Which attributes there are, which are protected, and what admins call them.
    pub schema: AttributeSchema,
    /// Whether the application takes people without a local account.
    pub account: AccountNeed,
    /// The public subject of this identity: a MAC over connection, issuer and subject.
    pub pass_through_subject: String,
    /// Random symbols `a-z0-9`, at least eight, for the user name of last resort.
    pub random_suffix: String,
    /// Revision of the connection's settings, for the explanation.
    pub settings_revision: i64,
    /// The present time.
    pub now: DateTime<Utc>,
}

impl Facts {
    /// Facts about somebody of whom nothing is known here.
    pub fn new(pass_through_subject: String, random_suffix: String, now: DateTime<Utc>) -> Self {
        Self {
            link: None,
            candidates: Vec::new(),
            taken: BTreeMap::new(),
            subject_held: false,
            proved: None,
            admins: BTreeSet::new(),
            schema: AttributeSchema::with([]),
            account: AccountNeed::Any,
            pass_through_subject,
            random_suffix,
            settings_revision: 0,
            now,
        }
    }

    /// Adds an account that was found for a rule.
    pub fn put(&mut self, rule: usize, candidate: Candidate) {
        while self.candidates.len() <= rule {
            self.candidates.push(Vec::new());
        }
        if let Some(found) = self.candidates.get_mut(rule) {
            found.push(candidate);
        }
    }

    /// Whether somebody other than `own` holds a received value of the attribute.
    pub(crate) fn is_taken(&self, name: &AttributeName, own: Option<&UserId>) -> bool {
        self.taken.get(name).is_some_and(|holders| holders.iter().any(|holder| Some(holder) != own))
    }
}
