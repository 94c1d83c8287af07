//! How a decision ends.

use serde::{Deserialize, Serialize};
use usher_domain::{AttributeBag, Claims, NewUser, RefusalCode, UserId};

use crate::explanation::Explanation;
use crate::sync::AttributeChange;

/// New attributes of an existing account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUpdate {
    /// All attributes, not only the changed ones.
    pub attributes: AttributeBag,
    /// What differs; never empty.
    pub changes: Vec<AttributeChange>,
}

/// Why a person must prove to own the existing account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofReason {
    /// The provider does not vouch for the compared address.
    UnverifiedAddress,
    /// Nobody vouches for the local account's value: a stranger may have made the account in advance.
    LocalValueUnverified,
    /// The account holds a console role: no rule links it on its own.
    Administrator,
    /// The connection always asks.
    AlwaysAsked,
}

/// How a decision ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// Sign in as the linked user.
    SignIn {
        /// The account.
        user: UserId,
        /// What to write; absent: nothing.
        update: Option<AccountUpdate>,
    },
    /// Link the identity to an existing account and sign in.
    Link {
        /// The account.
        user: UserId,
        /// What to write beside the link; absent: nothing.
        update: Option<AccountUpdate>,
    },
    /// Create an account and link it.
    Create(Box<NewUser>),
    /// No local account, nothing stored: the attributes go to the application.
    PassThrough {
        /// The public subject.
        subject: String,
        /// The mapped attributes.
        claims: Claims,
    },
    /// Ask the person to prove that the existing account is theirs.
    ProveOwnership {
        /// The account.
        user: UserId,
        /// The rule that found it, from 0.
        rule: usize,
        /// Why.
        reason: ProofReason,
    },
    /// No.
    Refuse {
        /// Why.
        code: RefusalCode,
    },
}

/// The kind of an [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// [`Outcome::SignIn`].
    SignIn,
    /// [`Outcome::Link`].
    Link,
    /// [`Outcome::Create`].
    Create,
    /// [`Outcome::PassThrough`].
    PassThrough,
    /// [`Outcome::ProveOwnership`].
    ProveOwnership,
    /// [`Outcome::Refuse`].
    Refuse,
}

impl Outcome {
    /// The kind.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::SignIn { .. } => OutcomeKind::SignIn,
            Self::Link { .. } => OutcomeKind::Link,
            Self::Create(_) => OutcomeKind::Create,
            Self::PassThrough { .. } => OutcomeKind::PassThrough,
            Self::ProveOwnership { .. } => OutcomeKind::ProveOwnership,
            Self::Refuse { .. } => OutcomeKind::Refuse,
        }
    }

    /// The existing account that the outcome concerns.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::SignIn { user, .. } | Self::Link { user, .. } | Self::ProveOwnership { user, .. } => Some(user),
            Self::Create(_) | Self::PassThrough { .. } | Self::Refuse { .. } => None,
        }
    }

    /// Whether a decision made again from fresh facts may be committed in place of this one: same kind,
    /// same account, same refusal. Attributes may differ; the fresh ones are written.
    pub fn agrees_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Refuse { code: mine }, Self::Refuse { code: theirs }) => mine == theirs,
            _ => self.kind() == other.kind() && self.user() == other.user(),
        }
    }
}

/// An outcome with every reason for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// How it ends.
    pub outcome: Outcome,
    /// Why; holds no personal value in the clear.
    pub explanation: Explanation,
}
