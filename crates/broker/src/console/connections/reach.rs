//! "What could this connection take over today?": accounts that an identity of it could reach under the present settings,
//! by the code that judges sign-ins. Looks at accounts page by page, so that it is quick at any number of them.

use std::collections::BTreeSet;

use usher_domain::{ConnectionId, Role, UserId, UserName};
use usher_provisioning::takeover::{AdminAccount, Ground, Risk, at_risk};
use usher_provisioning::{Candidate, LocalAccount};
use usher_storage::{links, roles, users};

use super::get;
use crate::broker::Broker;
use crate::failure::Fault;

/// Accounts looked at for one page.
const LOOKED_AT: u32 = 200;

/// One account at risk.
#[derive(Debug, Clone)]
pub struct AtRisk {
    /// The account.
    pub user: UserId,
    /// Its name.
    pub username: UserName,
    /// By which rule, and whether a proof would be asked.
    pub risk: Risk,
}

/// One page of the report.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Accounts at risk among those looked at.
    pub found: Vec<AtRisk>,
    /// How many were looked at.
    pub looked_at: usize,
    /// Where the next page goes on, if there is one.
    pub next: Option<UserId>,
}

/// Looks at the accounts after one.
pub async fn reach(broker: &Broker, id: &ConnectionId, after: Option<UserId>) -> Result<Reach, Fault> {
    let snapshot = broker.snapshot();
    let Some(connection) = get(broker, id).map(|configured| configured.connection) else { return Ok(Reach::default()) };
    let key = id.clone();
    let (accounts, linked, admins) = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                let accounts = users::page(tx, after.as_ref(), LOOKED_AT).await?;
                let ids: Vec<UserId> = accounts.iter().map(|user| user.id.clone()).collect();
                let linked = links::linked_users(tx, &key, &ids).await?;
                let admins: BTreeSet<UserId> = roles::holders(tx, Role::Owner).await?.into_iter().collect();
                Ok::<_, Fault>((accounts, linked, admins))
            })
        })
        .await?;
    let next = (accounts.len() >= LOOKED_AT as usize).then(|| accounts.last().map(|user| user.id.clone())).flatten();
    let may_assert = |domain: &str| snapshot.may_assert(domain, id);
    let ground = Ground { connection: &connection, schema: &snapshot.schema, may_assert: &may_assert };
    let mut found = Vec::new();
    for user in &accounts {
        let admin = if admins.contains(&user.id) { AdminAccount::Yes } else { AdminAccount::No };
        let candidate = Candidate { account: LocalAccount::from(user), linked_elsewhere: linked.contains(&user.id) };
        if let Some(risk) = at_risk(&candidate, admin, &ground) {
            found.push(AtRisk { user: user.id.clone(), username: user.username.clone(), risk });
        }
    }
    Ok(Reach { found, looked_at: accounts.len(), next })
}
