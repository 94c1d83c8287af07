//! Ways in: with what a person can begin a sign-in to this very page, and whether taking something away leaves one.
//!
//! A way in is something that the account holds **and** that the first step of the account page's own sign-in takes:
//!
//! - the password, where that step asks for one;
//! - a linked account, where that step offers its connection: switched on, and not for linking only;
//! - a passkey, where that step takes passkeys by themselves.
//!
//! What only stands beside one of them is no way in: an authenticator app, recovery codes, a passkey as a second factor.
//! Nor is a way back that somebody else must open (the help desk, an invitation), nor a link by mail, which replaces a
//! password and makes none. Pure; the caller lets such judgements queue, or two at once would each leave the other's
//! way.

use std::collections::BTreeSet;

use usher_domain::{Authenticator, ConnectionId, LinkId};
use usher_login_flow::{FlowPlan, StepOption};

/// What the first step of a sign-in takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Door {
    takes: BTreeSet<Kind>,
    connections: BTreeSet<ConnectionId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Password,
    Passkey,
}

impl Door {
    /// The first step of a plan; `live` says through which connections people may sign in now.
    pub fn of(plan: &FlowPlan, live: impl Fn(&ConnectionId) -> bool) -> Self {
        let mut door = Self::default();
        for option in plan.steps.first().into_iter().flat_map(|step| &step.options) {
            match option {
                StepOption::Password => drop(door.takes.insert(Kind::Password)),
                StepOption::Factor { authenticator: Authenticator::Passkey } => {
                    door.takes.insert(Kind::Passkey);
                }
                StepOption::Connection { id, .. } if live(id) => drop(door.connections.insert(id.clone())),
                StepOption::Factor { .. } | StepOption::Connection { .. } => {}
            }
        }
        door
    }
}

/// What an account holds to sign in with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    /// Whether there is a password.
    pub password: bool,
    /// Links with the connection that each leads through.
    pub links: Vec<(LinkId, ConnectionId)>,
    /// Ids of the passkeys.
    pub passkeys: Vec<String>,
}

/// One thing that an account holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A linked account.
    Link(LinkId),
    /// A passkey.
    Passkey(String),
}

/// Whether something may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// There is another way in, or it never was one.
    Fine,
    /// It is the last way in.
    LastWayIn,
}

/// How many ways in there are.
pub fn count(door: &Door, keys: &Keys) -> usize {
    let password = usize::from(keys.password && door.takes.contains(&Kind::Password));
    let links = keys.links.iter().filter(|(_, connection)| door.connections.contains(connection)).count();
    let passkeys = if door.takes.contains(&Kind::Passkey) { keys.passkeys.len() } else { 0 };
    password + links + passkeys
}

/// Whether `key` may go. Without any way in afterwards it stays if it is one, and a link stays even if it is none at the
/// moment: its connection may be switched off for an afternoon.
pub fn judge(door: &Door, keys: &Keys, key: &Key) -> Removal {
    let mut left = keys.clone();
    match key {
        Key::Link(id) => left.links.retain(|(link, _)| link != id),
        Key::Passkey(id) => left.passkeys.retain(|passkey| passkey != id),
    }
    let matters = match key {
        Key::Link(_) => true,
        Key::Passkey(_) => door.takes.contains(&Kind::Passkey),
    };
    if matters && count(door, &left) == 0 { Removal::LastWayIn } else { Removal::Fine }
}

#[cfg(test)]
mod tests {
    use usher_domain::{AccountNeed, SignInPageListing};

    use super::*;

    fn connection(id: &str) -> ConnectionId {
        ConnectionId::parse(id).unwrap()
    }

    fn link(id: &str) -> LinkId {
        LinkId::parse(format!("l_{id}")).unwrap()
    }

    fn door(words: &[&str]) -> Door {
        let options = words.iter().map(|word| match *word {
            "password" => StepOption::Password,
            "passkey" => StepOption::Factor { authenticator: Authenticator::Passkey },
            id => StepOption::Connection { id: connection(id), listing: SignInPageListing::Shown },
        });
        let plan = FlowPlan::one_step(1, AccountNeed::Any, options.collect());
        // As the installation says: `c_off` is switched off.
        Door::of(&plan, |id| id.as_str() != "c_off")
    }

    fn keys(words: &[&str]) -> Keys {
        let mut keys = Keys::default();
        for word in words {
            match *word {
                "password" => keys.password = true,
                passkey if passkey.starts_with("pk") => keys.passkeys.push(passkey.to_owned()),
                id => keys.links.push((link(id), connection(id))),
            }
        }
        keys
    }

    fn key(word: &str) -> Key {
        if word.starts_with("pk") { Key::Passkey(word.to_owned()) } else { Key::Link(link(word)) }
    }

    #[test]
    fn what_counts_as_a_way_in() {
        for (takes, holds, ways) in [
            (&["password", "c_1"][..], &["password"][..], 1),
            (&["password", "c_1"], &["password", "c_1"], 2),
            (&["password", "c_1"], &["c_2"], 0),
            (&["c_1", "c_off"], &["c_1", "c_off"], 1),
            (&["c_1"], &["password", "pk1"], 0),
            (&["password"], &["pk1", "pk2"], 0),
            (&["password", "passkey"], &["pk1", "pk2"], 2),
            (&[], &["password", "c_1", "pk1"], 0),
        ] {
            assert_eq!(count(&door(takes), &keys(holds)), ways, "{takes:?} {holds:?}");
        }
    }

    #[test]
    fn link_27_the_last_way_in_stays() {
        use Removal::{Fine, LastWayIn};
        for (takes, holds, gone, removal) in [
            // A password that the page asks for is enough.
            (&["password", "c_1"][..], &["password", "c_1"][..], "c_1", Fine),
            // A password that no page asks for is not.
            (&["c_1"], &["password", "c_1"], "c_1", LastWayIn),
            (&["password", "c_1"], &["c_1"], "c_1", LastWayIn),
            // Another link leads in only where its connection does.
            (&["c_1", "c_2"], &["c_1", "c_2"], "c_1", Fine),
            (&["c_1", "c_off"], &["c_1", "c_off"], "c_1", LastWayIn),
            (&["c_1"], &["c_1", "c_9"], "c_1", LastWayIn),
            // What leads nowhere may go, while something else leads in.
            (&["c_1"], &["c_1", "c_9"], "c_9", Fine),
            (&["c_1", "c_off"], &["c_1", "c_off"], "c_off", Fine),
            // The connection may come back: its link is all that there is.
            (&["c_1", "c_off"], &["c_off"], "c_off", LastWayIn),
            // A passkey stands in for a link only where it is taken by itself, and the other way round.
            (&["passkey", "c_1"], &["pk1", "c_1"], "c_1", Fine),
            (&["c_1"], &["pk1", "c_1"], "c_1", LastWayIn),
            (&["passkey", "c_1"], &["pk1", "c_1"], "pk1", Fine),
            (&["passkey", "c_1"], &["pk1"], "pk1", LastWayIn),
            (&["passkey"], &["pk1", "pk2"], "pk1", Fine),
            // A passkey beside a password is a second factor, not a way in.
            (&["password"], &["password", "pk1"], "pk1", Fine),
            (&["c_1"], &["pk1"], "pk1", Fine),
        ] {
            assert_eq!(judge(&door(takes), &keys(holds), &key(gone)), removal, "{takes:?} {holds:?} - {gone}");
        }
    }
}
