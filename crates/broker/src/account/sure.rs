//! Whether it is the person who is here: before anything changes that decides who gets in.
//!
//! A sign-in of the last five minutes, and where the account has a second factor, one that was proved in these minutes
//! too. A password alone adds nothing beside a factor, and removes none (MFA-10, MFA-17, LINK-11). Whoever has just set a
//! factor up in this session has shown to hold it.

use chrono::{DateTime, Utc};
use usher_domain::Authenticator;

use super::sign_in::has_factors;
use super::steps::{self, Kind};
use super::{FRESH_FOR, NotDone, Person};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::factors::brake;
use crate::visitor::Visitor;

/// Demands a fresh sign-in, second factor included.
pub async fn demand(broker: &Broker, person: &Person) -> Result<(), NotDone> {
    if !person.is_fresh(broker.now()) {
        return Err(NotDone::SignInAgain);
    }
    demand_factor(broker, person).await
}

/// Demands the second factor alone, where the person proves the first one with the deed.
pub(super) async fn demand_factor(broker: &Broker, person: &Person) -> Result<(), NotDone> {
    if proved_factor(person, broker.now()) || !has_factors(broker, &person.user.id).await? {
        return Ok(());
    }
    match steps::find::<()>(broker, &person.session, Kind::Proved).await? {
        Some(_) => Ok(()),
        None => Err(NotDone::SignInAgain),
    }
}

/// Whether the sign-in proved, a moment ago, a factor that somebody set up: a mailed code is none.
fn proved_factor(person: &Person, now: DateTime<Utc>) -> bool {
    let own = |factor| matches!(factor, Authenticator::Totp | Authenticator::Passkey | Authenticator::RecoveryCode);
    let fresh = |at: DateTime<Utc>| at <= now && now - at <= FRESH_FOR;
    person.authentication.factors.iter().any(|used| own(used.factor) && fresh(used.at))
}

/// Notes that a factor was set up in this session.
pub(super) async fn note(broker: &Broker, person: &Person) -> Result<(), Fault> {
    let until = broker.now() + FRESH_FOR;
    steps::begin_until(broker, (&person.session, Kind::Proved), &(), until).await
}

/// Counts an attempt before it is looked at, with those of the sign-ins (MFA-06).
pub(super) async fn count(broker: &Broker, person: &Person, visitor: &Visitor) -> Result<(), NotDone> {
    if !broker.limits.allows_password(visitor.remote) {
        return Err(NotDone::Locked { seconds: 60 });
    }
    match brake::count(broker, person.user.id.as_str()).await? {
        Some(seconds) => Err(NotDone::Locked { seconds }),
        None => Ok(()),
    }
}
