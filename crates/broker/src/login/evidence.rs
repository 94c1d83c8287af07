//! Facts for the provisioning decision, read in the caller's transaction, and the decision itself.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use usher_domain::{AccountNeed, AttributeName, Connection, EmailAddress, ExternalIdentity, FederatedLink, User};
use usher_provisioning::{Decision, Facts, LocalAccount, MappedAttributes, Presented, Received, decide, map};
use usher_storage::{Tx, links, users};

use crate::failure::Fault;

/// What the decision needs beyond the database.
#[derive(Debug, Clone)]
pub struct DecisionContext {
    /// The connection, as configured now.
    pub connection: Connection,
    /// The verified identity.
    pub identity: ExternalIdentity,
    /// The stable opaque subject of this identity.
    pub pass_through_subject: String,
    /// Fresh symbols for the last user name candidate.
    pub random_suffix: String,
    /// Whether the application demands a local account.
    pub account: AccountNeed,
    /// The time.
    pub now: DateTime<Utc>,
}

/// A decision with the rows it rests on.
#[derive(Debug, Clone)]
pub struct Decided {
    /// What to do, and why.
    pub decision: Decision,
    /// The link, if there is one.
    pub link: Option<FederatedLink>,
    /// The linked account, if there is one.
    pub user: Option<User>,
    /// The mapped attributes.
    pub mapped: MappedAttributes,
}

/// What the database says about an identity.
struct Rows {
    link: Option<FederatedLink>,
    user: Option<User>,
    subject_held: bool,
    taken: BTreeSet<AttributeName>,
}

/// Reads the facts and decides. Writes nothing.
pub async fn decide_now(tx: &mut Tx, context: &DecisionContext) -> Result<Decided, Fault> {
    let mapped = map(&context.identity, &context.connection.mapping);
    let mut rows = read(tx, context, &mapped).await?;
    let in_the_way = rows.link.is_none() && (rows.subject_held || !rows.taken.is_empty());
    if in_the_way && links::find(tx, &context.identity.key).await?.is_some() {
        // Another first sign-in of this very identity was committed between the readings: what stood in the way is its
        // own account.
        rows = read(tx, context, &mapped).await?;
    }
    let mut facts = Facts::new(context.pass_through_subject.clone(), context.random_suffix.clone(), context.now);
    facts.account = context.account;
    facts.settings_revision = context.connection.revision;
    facts.link = rows.user.as_ref().map(LocalAccount::from);
    facts.subject_held = rows.subject_held;
    facts.taken = rows.taken;
    let presented = Presented { identity: &context.identity, mapped: &mapped };
    let decision = decide(&presented, &context.connection.provisioning, &facts);
    Ok(Decided { decision, link: rows.link, user: rows.user, mapped })
}

async fn read(tx: &mut Tx, context: &DecisionContext, mapped: &MappedAttributes) -> Result<Rows, Fault> {
    let link = links::find(tx, &context.identity.key).await?;
    let user = match &link {
        Some(link) => users::get(tx, &link.user).await?,
        None => None,
    };
    let subject_held = link.is_none() && users::get_by_subject(tx, &context.pass_through_subject).await?.is_some();
    let taken = taken(tx, mapped, user.as_ref()).await?;
    Ok(Rows { link, user, subject_held, taken })
}

/// Unique attributes whose received value another account holds. A verified e-mail address is unique.
async fn taken(tx: &mut Tx, mapped: &MappedAttributes, own: Option<&User>) -> Result<BTreeSet<AttributeName>, Fault> {
    let mut taken = BTreeSet::new();
    let Some(address) = vouched_email(mapped) else { return Ok(taken) };
    let holder = users::get_by_unique_value(tx, &AttributeName::email(), &address.unique_key()).await?;
    if holder.is_some_and(|holder| own.is_none_or(|own| own.id != holder.id)) {
        taken.insert(AttributeName::email());
    }
    Ok(taken)
}

/// The address that the provider vouches for.
pub fn vouched_email(mapped: &MappedAttributes) -> Option<EmailAddress> {
    match mapped.values.get(&AttributeName::email())? {
        Received::Values { values, verified } if verified.is_verified() => EmailAddress::parse(values.first()?).ok(),
        _ => None,
    }
}
