//! What happened to a person's account, as its owner sees it: their sign-ins, and what was changed about how the account
//! is protected. Who of the admins did something, and what a value was, stays with the admins.

use chrono::{DateTime, Utc};
use usher_domain::{ApplicationId, AuditActor, AuditEvent, AuditOutcome, ConnectionId, UserId};
use usher_storage::audit::AuditSearch;
use usher_storage::own_sign_ins::{self, OwnSignInRow};
use usher_storage::{Tx, audit};

use super::{NotDone, Person};
use crate::broker::Broker;
use crate::failure::Fault;

/// Entries on a page.
const PAGE: u32 = 50;

/// What an owner is told about, of what is recorded of an account.
const TOLD: [&str; 25] = [
    "factor.clone_suspected",
    "factor.enrolled",
    "factor.renamed",
    "user.application_revoked",
    "user.attribute_changed",
    "user.bypass_issued",
    "user.claimed",
    "user.created",
    "user.disabled",
    "user.email_changed",
    "user.enabled",
    "user.factor_removed",
    "user.factors_reset",
    "user.linked",
    "user.not_me",
    "user.password_changed",
    "user.password_reset",
    "user.password_reset_asked",
    "user.password_reset_sent",
    "user.profile_changed",
    "user.provisioned",
    "user.renamed",
    "user.session_ended",
    "user.signed_out",
    "user.unlinked",
];

/// Names an entry of one's own history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryRef {
    /// A sign-in.
    SignIn(i64),
    /// An event.
    Event(i64),
}

impl EntryRef {
    /// Reads what [`EntryRef::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, number) = text.split_at_checked(1)?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        match kind {
            "s" => Some(Self::SignIn(number)),
            "e" => Some(Self::Event(number)),
            _ => None,
        }
    }

    /// The text in addresses.
    pub fn to_text(self) -> String {
        match self {
            Self::SignIn(number) => format!("s{number}"),
            Self::Event(number) => format!("e{number}"),
        }
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name.
    pub which: EntryRef,
    /// When it was.
    pub at: DateTime<Utc>,
    /// What it was.
    pub what: What,
    /// The address that it came from.
    pub remote: Option<String>,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// The person, or somebody in their name, signed in.
    SignedIn {
        /// To what.
        application: ApplicationId,
        /// Its name; the id where it is gone.
        name: String,
        /// Through which connection.
        connection: Option<ConnectionId>,
        /// How, after RFC 8176.
        methods: Vec<String>,
        /// What the browser called itself.
        agent: Option<String>,
        /// Whether the person said already that it was somebody else.
        reported: bool,
    },
    /// Something was changed.
    Changed {
        /// What, in a stable word.
        action: String,
        /// Who did it.
        by: By,
    },
}

/// Who changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The owner.
    Owner,
    /// Somebody else: an admin, or a command.
    Admin,
    /// The service by itself, or somebody who had not signed in.
    Nobody,
}

/// Where a page begins: before these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Before {
    /// Of sign-ins.
    pub sign_in: Option<i64>,
    /// Of events.
    pub event: Option<i64>,
}

/// One page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub next: Option<Before>,
}

/// A page of the person's history.
pub async fn list(broker: &Broker, person: &Person, before: Before) -> Result<Page, Fault> {
    let user = person.user.id.clone();
    let (sign_ins, events) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let sign_ins = own_sign_ins::list(tx, &user, before.sign_in, PAGE).await?;
                Ok::<_, Fault>((sign_ins, audit::list(tx, &events_of(&user, before.event, PAGE)).await?))
            })
        })
        .await?;
    Ok(merge(broker, person, (sign_ins, events), before))
}

fn events_of(user: &UserId, before: Option<i64>, limit: u32) -> AuditSearch {
    AuditSearch { object: crate::audit::user_object(user), before, limit, ..AuditSearch::default() }
}

type Rows = (Vec<OwnSignInRow>, Vec<(i64, AuditEvent)>);

fn merge(broker: &Broker, person: &Person, (sign_ins, events): Rows, before: Before) -> Page {
    let limit = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let full = sign_ins.len() == limit || events.len() == limit || sign_ins.len() + events.len() > limit;
    let signed_in =
        sign_ins.into_iter().map(|row| (EntryRef::SignIn(row.id), row.sign_in.at, Some(of_sign_in(broker, row))));
    let changed = events
        .into_iter()
        .map(|(id, event)| (EntryRef::Event(id), event.at, is_told(&event).then(|| of_event(person, id, &event))));
    let mut all: Vec<_> = signed_in.chain(changed).collect();
    all.sort_by_key(|(_, at, _)| std::cmp::Reverse(*at));
    all.truncate(limit);
    // What is not told moves the cursor all the same.
    let next = all.iter().fold(before, |last, (which, ..)| match which {
        EntryRef::SignIn(id) => Before { sign_in: Some(*id), ..last },
        EntryRef::Event(id) => Before { event: Some(*id), ..last },
    });
    Page { entries: all.into_iter().filter_map(|(_, _, entry)| entry).collect(), next: full.then_some(next) }
}

fn is_told(event: &AuditEvent) -> bool {
    event.outcome == AuditOutcome::Success && TOLD.contains(&event.action.as_str())
}

fn of_sign_in(broker: &Broker, row: OwnSignInRow) -> Entry {
    let (sign_in, snapshot) = (row.sign_in, broker.snapshot());
    let known = snapshot.application(&sign_in.application).map(|known| known.name.clone());
    Entry {
        which: EntryRef::SignIn(row.id),
        at: sign_in.at,
        remote: sign_in.remote,
        what: What::SignedIn {
            name: known.unwrap_or_else(|| sign_in.application.to_string()),
            application: sign_in.application,
            connection: sign_in.connection,
            methods: sign_in.methods,
            agent: sign_in.agent,
            reported: row.reported_at.is_some(),
        },
    }
}

fn of_event(person: &Person, id: i64, event: &AuditEvent) -> Entry {
    let by = match &event.actor {
        AuditActor::User(user) if *user == person.user.id => By::Owner,
        AuditActor::User(_) | AuditActor::CommandLine => By::Admin,
        AuditActor::Anonymous | AuditActor::Application(_) | AuditActor::System => By::Nobody,
    };
    // An admin's address is not the owner's to see.
    let remote = event.remote.clone().filter(|_| by != By::Admin);
    Entry { which: EntryRef::Event(id), at: event.at, remote, what: What::Changed { action: event.action.clone(), by } }
}

/// One entry of the person's own; another's is not there.
pub async fn get(broker: &Broker, person: &Person, which: EntryRef) -> Result<Entry, NotDone> {
    let user = person.user.id.clone();
    let found = broker.store.read(move |tx| Box::pin(async move { find(tx, &user, which).await })).await?;
    match found {
        Some(Found::SignIn(row)) => Ok(of_sign_in(broker, *row)),
        Some(Found::Event(id, event)) => Ok(of_event(person, id, &event)),
        None => Err(NotDone::Gone),
    }
}

/// A row of one's own history.
pub(super) enum Found {
    SignIn(Box<OwnSignInRow>),
    Event(i64, Box<AuditEvent>),
}

pub(super) async fn find(tx: &mut Tx, user: &UserId, which: EntryRef) -> Result<Option<Found>, Fault> {
    match which {
        EntryRef::SignIn(id) => {
            let row = own_sign_ins::get(tx, user, id).await?;
            Ok(row.map(|row| Found::SignIn(Box::new(row))))
        }
        EntryRef::Event(id) => {
            let rows = audit::list(tx, &events_of(user, Some(id.saturating_add(1)), 1)).await?;
            let own = rows.into_iter().find(|(found, event)| *found == id && is_told(event));
            Ok(own.map(|(id, event)| Found::Event(id, Box::new(event))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_entries_read_back_and_nothing_else_does() {
        for which in [EntryRef::SignIn(7), EntryRef::Event(1)] {
            assert_eq!(EntryRef::parse(&which.to_text()), Some(which));
        }
        for text in ["", "s", "s0", "s-1", "x1", "e1'", "é1", "s99999999999999999999"] {
            assert_eq!(EntryRef::parse(text), None, "{text}");
        }
    }
}
