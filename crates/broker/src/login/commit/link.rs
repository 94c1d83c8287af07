//! Linking an external identity to an account that exists, with the proof that it rests on.
//!
//! An account that never verified its address may have been made in advance by a stranger. Whoever reads its mailbox gets it
//! only without what that stranger left in it: password, sessions, grants, links, invitations and self-set attributes go
//! in the same transaction (LINK-01 to LINK-04).

use serde_json::json;
use usher_domain::{
    AttributeBag, AttributeName, AttributeSource, AttributeValue, EmailAddress, Mail, MailContent, RefusalCode,
    TraceStage, User, Verification,
};
use usher_login_flow::OwnershipBy;
use usher_provisioning::{AccountUpdate, mask};
use usher_storage::{Tx, audit, credentials, factors, grants, links, roles, sessions, setup_tokens, users};

use super::account::{event, link_account, tell_update};
use super::grounds::owns_with_factors;
use super::{FinishPlan, NotCommitted, Person, active, person_of};
use crate::accounts::reclaim;
use crate::login::evidence::DecisionContext;
use crate::mail::{language, verified_address};
use crate::tracing_events::note;

/// Links, updates, and tells the person.
pub(super) async fn apply(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    (user, update, explanation): (User, Option<AccountUpdate>, String),
) -> Result<Person, NotCommitted> {
    active(&user)?;
    let claimed = proof_stands(tx, context, &user).await?;
    let proved = context.ownership.as_ref().is_some_and(|ownership| ownership.user == user.id);
    if proved && claimed.is_none() && !owns_with_factors(tx, plan, &user.id).await? {
        note(
            &mut plan.trace,
            plan.now,
            TraceStage::Decision,
            "not linked: the account has second factors, none was proved",
        );
        return Err(NotCommitted::Refused(RefusalCode::LinkRefused));
    }
    let mut after = update.as_ref().map_or_else(|| user.attributes.clone(), |update| update.attributes.clone());
    if let Some(address) = &claimed {
        empty_of_strangers(tx, plan, &user).await?;
        after = owned(&after, address, plan.now);
    }
    if reclaim(tx, &user.id, &user.attributes, &after, &context.schema).await?.is_some() {
        // A claimed address that somebody else verified will not become free by looking again.
        let lost = NotCommitted::Refused(RefusalCode::ProvisioningRefused);
        return Err(if claimed.is_some() { lost } else { NotCommitted::RaceLost });
    }
    // Written even when nothing changes: two identities that reach for one account meet at its revision.
    if users::update_attributes(tx, &user.id, user.revision, &after).await?.is_none() {
        return Err(NotCommitted::RaceLost);
    }
    link_account(tx, plan, context, &user, explanation).await?;
    let own = context.ownership.as_ref().filter(|ownership| ownership.user == user.id);
    let proof = match own.map(|ownership| &ownership.by) {
        None => "rule",
        Some(OwnershipBy::Password) => "password",
        Some(OwnershipBy::MailCode { .. }) => "mail",
    };
    let mut linked = event(plan, "user.linked", &user.id);
    linked.detail = json!({ "connection": context.connection.id, "proof": proof, "claimed": claimed.is_some() });
    audit::insert(tx, &linked).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account linked ({proof})"));
    if let Some(update) = &update {
        tell_update(tx, plan, &user.id, update).await?;
    }
    tell_person(tx, plan, context, &user).await?;
    Ok(person_of(&user))
}

/// Whether the proof still stands on what it rested on. Gives the address where the account changes hands by it.
async fn proof_stands(
    tx: &mut Tx,
    context: &DecisionContext,
    user: &User,
) -> Result<Option<EmailAddress>, NotCommitted> {
    let Some(ownership) = context.ownership.as_ref().filter(|ownership| ownership.user == user.id) else {
        return Ok(None);
    };
    let expired = || NotCommitted::Refused(RefusalCode::TxExpired);
    match &ownership.by {
        OwnershipBy::Password => {
            let changed_at = credentials::changed_at(tx, &user.id).await?;
            if changed_at.is_none_or(|at| at > ownership.at) { Err(expired()) } else { Ok(None) }
        }
        OwnershipBy::MailCode { address } => {
            let email = user.attributes.get(&AttributeName::email()).ok_or_else(expired)?;
            let held = email.values.first().and_then(|text| EmailAddress::parse(text).ok());
            let held = held.filter(|held| held.unique_key() == *address).ok_or_else(expired)?;
            if email.verified.is_verified() {
                return Ok(None);
            }
            // Whoever reads the mailbox of an administrator's unproved address does not become one.
            if !roles::list(tx, &user.id).await?.is_empty() {
                return Err(NotCommitted::Refused(RefusalCode::LinkRefused));
            }
            Ok(Some(held))
        }
    }
}

/// Removes every way in that was there before.
async fn empty_of_strangers(tx: &mut Tx, plan: &mut FinishPlan, user: &User) -> Result<(), NotCommitted> {
    credentials::clear_password(tx, &user.id).await?;
    sessions::delete_by_user(tx, &user.id).await?;
    grants::revoke_by_user(tx, &user.id, plan.now).await?;
    for link in links::list(tx, &user.id).await? {
        links::delete(tx, &link.id).await?;
    }
    for purpose in ["invite", "reset"] {
        setup_tokens::revoke_all(tx, &format!("{purpose}:{}", user.id)).await?;
    }
    // The stranger's factors too: a passkey signs in by itself, an authenticator app would lock the owner out.
    factors::delete_all(tx, &user.id).await?;
    let mut claimed = event(plan, "user.claimed", &user.id);
    claimed.detail = json!({ "removed": ["password", "sessions", "grants", "links", "invitations", "factors"] });
    audit::insert(tx, &claimed).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, "account claimed by mail: earlier ways in removed");
    Ok(())
}

/// The attributes of an account whose address its owner just proved: what somebody typed about themselves before goes.
fn owned(attributes: &AttributeBag, address: &EmailAddress, now: chrono::DateTime<chrono::Utc>) -> AttributeBag {
    let email = AttributeName::email();
    let mut owned: AttributeBag = attributes
        .iter()
        .filter(|(name, value)| value.source != AttributeSource::Person && **name != email)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let kept = attributes.get(&email).filter(|value| value.verified.is_verified()).cloned();
    let proved = AttributeValue {
        values: vec![address.as_str().to_owned()],
        source: AttributeSource::Person,
        verified: Verification::ByPerson,
        at: now,
    };
    owned.insert(email, kept.unwrap_or(proved));
    owned
}

/// A mail to the address that the account had before, if somebody vouched for it.
async fn tell_person(
    tx: &mut Tx,
    plan: &FinishPlan,
    context: &DecisionContext,
    user: &User,
) -> Result<(), NotCommitted> {
    let Some(to) = verified_address(user).filter(|_| plan.can_mail) else { return Ok(()) };
    let mail = Mail {
        to,
        language: language(user),
        content: MailContent::AccountLinked {
            connection: context.connection.name.clone(),
            external: shown(&context.identity),
        },
    };
    crate::mail::queue(tx, &plan.store, &*plan.entropy, &mail, plan.now).await?;
    Ok(())
}

/// Who somebody is at a provider, masked.
pub fn shown(identity: &usher_domain::ExternalIdentity) -> String {
    let email = identity.claims.get("email").and_then(serde_json::Value::as_str);
    mask(email.unwrap_or(&identity.key.subject))
}
