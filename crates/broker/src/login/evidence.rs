//! Facts for the provisioning decision, read in the caller's transaction, and the decision itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use usher_domain::{
    AccountNeed, AttributeName, AttributeSchema, Connection, EmailAddress, ExternalIdentity, FederatedLink, Group,
    User, UserId,
};
use usher_login_flow::Ownership;
use usher_provisioning::{
    Candidate, Decision, Facts, LocalAccount, LookupFor, MappedAttributes, Presented, Received, decide, lookups, map,
    received_unique,
};
use usher_storage::{Tx, links, roles, unique_values, users};

use crate::failure::Fault;

/// Accounts that are looked at for one rule: two are too many already.
const CANDIDATES: u32 = 3;

/// What the decision needs beyond the database.
#[derive(Debug, Clone)]
pub struct DecisionContext {
    /// The connection, as configured now.
    pub connection: Connection,
    /// The verified identity.
    pub identity: ExternalIdentity,
    /// The proof of ownership that the person gave for it, if any was asked.
    pub ownership: Option<Ownership>,
    /// The local attributes.
    pub schema: AttributeSchema,
    /// The local groups that the connection may feed.
    pub groups: Vec<Group>,
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
    /// The account that it concerns: linked, or about to be.
    pub user: Option<User>,
    /// The mapped attributes.
    pub mapped: MappedAttributes,
}

/// What the database says about an identity.
struct Rows {
    link: Option<FederatedLink>,
    user: Option<User>,
    subject_held: bool,
    taken: BTreeMap<AttributeName, BTreeSet<UserId>>,
    found: Vec<(usize, User, Standing)>,
}

/// What else counts about a candidate.
struct Standing {
    linked_elsewhere: bool,
    is_admin: bool,
}

/// Reads the facts and decides. Writes nothing.
pub async fn decide_now(tx: &mut Tx, context: &DecisionContext) -> Result<Decided, Fault> {
    let mapped = map(&context.identity, &context.connection.mapping);
    let mut rows = read(tx, context, &mapped).await?;
    let in_the_way = rows.link.is_none() && (rows.subject_held || !rows.taken.is_empty() || !rows.found.is_empty());
    if in_the_way && links::find(tx, &context.identity.key).await?.is_some() {
        // Another first sign-in of this very identity was committed between the readings: what stood in the way is its
        // own account.
        rows = read(tx, context, &mapped).await?;
    }
    let facts = facts(context, &rows);
    let presented = Presented { identity: &context.identity, mapped: &mapped };
    let decision = decide(&presented, &context.connection.provisioning, &facts);
    let concerned = decision.outcome.user().cloned();
    let Rows { link, user, found, .. } = rows;
    let user =
        user.or_else(|| found.into_iter().map(|(_, user, _)| user).find(|user| Some(&user.id) == concerned.as_ref()));
    Ok(Decided { decision, link, user, mapped })
}

fn facts(context: &DecisionContext, rows: &Rows) -> Facts {
    let mut facts = Facts::new(context.pass_through_subject.clone(), context.random_suffix.clone(), context.now);
    facts.account = context.account;
    facts.settings_revision = context.connection.revision;
    facts.schema = context.schema.clone();
    facts.link = rows.user.as_ref().map(LocalAccount::from);
    facts.subject_held = rows.subject_held;
    facts.taken = rows.taken.clone();
    facts.proved = context.ownership.as_ref().map(|ownership| ownership.user.clone());
    for (rule, user, standing) in &rows.found {
        if standing.is_admin {
            facts.admins.insert(user.id.clone());
        }
        let candidate = Candidate { account: LocalAccount::from(user), linked_elsewhere: standing.linked_elsewhere };
        facts.put(*rule, candidate);
    }
    facts
}

async fn read(tx: &mut Tx, context: &DecisionContext, mapped: &MappedAttributes) -> Result<Rows, Fault> {
    let link = links::find(tx, &context.identity.key).await?;
    let user = match &link {
        Some(link) => users::get(tx, &link.user).await?,
        None => None,
    };
    let subject_held = link.is_none() && users::get_by_subject(tx, &context.pass_through_subject).await?.is_some();
    let taken = taken(tx, mapped, &context.schema).await?;
    let found = if link.is_none() { found(tx, context, mapped).await? } else { Vec::new() };
    Ok(Rows { link, user, subject_held, taken, found })
}

/// Who holds the received values of unique attributes.
async fn taken(
    tx: &mut Tx,
    mapped: &MappedAttributes,
    schema: &AttributeSchema,
) -> Result<BTreeMap<AttributeName, BTreeSet<UserId>>, Fault> {
    let mut wanted: BTreeMap<AttributeName, Vec<String>> = BTreeMap::new();
    for (name, key) in received_unique(mapped, schema) {
        wanted.entry(name).or_default().push(key);
    }
    let mut taken = BTreeMap::new();
    for (name, keys) in wanted {
        let holders: BTreeSet<UserId> =
            unique_values::holders(tx, &name, &keys).await?.into_iter().map(|(_, user)| user).collect();
        if !holders.is_empty() {
            taken.insert(name, holders);
        }
    }
    Ok(taken)
}

/// The accounts that the linking rules find, with what stands against each.
async fn found(
    tx: &mut Tx,
    context: &DecisionContext,
    mapped: &MappedAttributes,
) -> Result<Vec<(usize, User, Standing)>, Fault> {
    let presented = Presented { identity: &context.identity, mapped };
    let mut found = Vec::new();
    for lookup in lookups(&presented, &context.connection.provisioning) {
        let accounts = match lookup.target {
            LookupFor::Username(name) => users::get_by_username(tx, &name).await?.into_iter().collect(),
            LookupFor::Email(address, local_part) => users::find_by_email(tx, &address, local_part, CANDIDATES).await?,
            LookupFor::Unique(name, key) => {
                users::get_by_unique_value(tx, &name, &key).await?.into_iter().collect::<Vec<_>>()
            }
        };
        for user in accounts {
            let linked_elsewhere = links::exists_for_user(tx, &context.connection.id, &user.id).await?;
            let is_admin = !roles::list(tx, &user.id).await?.is_empty();
            found.push((lookup.rule, user, Standing { linked_elsewhere, is_admin }));
        }
    }
    Ok(found)
}

/// The address that the provider vouches for.
pub fn vouched_email(mapped: &MappedAttributes) -> Option<EmailAddress> {
    match mapped.values.get(&AttributeName::email())? {
        Received::Values { values, verified } if verified.is_verified() => EmailAddress::parse(values.first()?).ok(),
        _ => None,
    }
}
