//! What a decision does to an account: create it with its link, bring it up to date, or leave it alone.

use serde_json::json;
use usher_domain::{
    AccountState, AttributeBag, AttributeName, AttributeSource, AuditActor, EmailAddress, FederatedLink, LinkId,
    NewUser, RefusalCode, TraceStage, User, UserId,
};
use usher_provisioning::{AccountUpdate, Outcome, mask};
use usher_storage::links::LinkInsert;
use usher_storage::unique_values::{Claim, UniqueValue};
use usher_storage::users::UserInsert;
use usher_storage::{Tx, audit, links, unique_values, users};

use super::{FinishPlan, NotCommitted, Person, active, person_of};
use crate::audit::user_object;
use crate::failure::Fault;
use crate::login::evidence::{Decided, DecisionContext};
use crate::tracing_events::note;
/// Carries the decision out.
pub(super) async fn apply(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    decided: Decided,
) -> Result<Person, NotCommitted> {
    let explanation =
        serde_json::to_string(&decided.decision.explanation).map_err(|e| Fault::unreadable("explanation", e))?;
    match decided.decision.outcome {
        Outcome::SignIn { update, .. } => {
            let (Some(user), Some(link)) = (decided.user, decided.link) else {
                return Err(Fault::Invariant("signing in rests on a link and its account").into());
            };
            active(&user)?;
            links::touch(tx, &link.id, plan.now).await?;
            if let Some(update) = update {
                update_account(tx, plan, &user, update).await?;
            }
            Ok(person_of(&user))
        }
        Outcome::Create(new_user) => {
            let user = create_account(tx, plan, context, *new_user).await?;
            link_account(tx, plan, context, &user, explanation).await?;
            Ok(person_of(&user))
        }
        Outcome::PassThrough { subject, claims } => {
            Ok(Person { user: None, public_subject: subject, pass_through: claims })
        }
        Outcome::Refuse { code } => Err(NotCommitted::Refused(code)),
        // Linking to an existing account, with or without proof, comes with its own settings page.
        Outcome::Link { .. } | Outcome::ProveOwnership { .. } => Err(NotCommitted::Refused(RefusalCode::LinkRefused)),
    }
}

async fn create_account(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    new_user: NewUser,
) -> Result<User, NotCommitted> {
    let mut user = User {
        id: UserId::random(&*plan.entropy),
        public_subject: new_user.public_subject,
        username: new_user.username_candidates.first().cloned().ok_or(Fault::Invariant("a new account has a name"))?,
        state: AccountState::Active,
        attributes: new_user.attributes,
        created_by: AttributeSource::Connection(context.connection.id.clone()),
        created_at: plan.now,
        revision: 1,
    };
    let mut inserted = false;
    for name in new_user.username_candidates {
        user.username = name;
        match users::insert(tx, &user).await? {
            UserInsert::Inserted => {
                inserted = true;
                break;
            }
            UserInsert::UsernameTaken => {}
            UserInsert::SubjectTaken => return Err(NotCommitted::RaceLost),
        }
    }
    if !inserted {
        return Err(NotCommitted::Refused(RefusalCode::ProvisioningRefused));
    }
    if let Some(value) = verified_email(&user.attributes)
        && let Claim::TakenBy(_) = unique_values::claim(tx, &value, &user.id).await?
    {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = crate::audit::event(&plan.visitor, plan.now, "user.provisioned", AuditActor::System);
    event.object = user_object(&user.id);
    event.correlation = Some(plan.trace.correlation.clone());
    event.detail = json!({ "connection": context.connection.id });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account created: {}", mask(user.username.as_str())));
    Ok(user)
}

async fn link_account(
    tx: &mut Tx,
    plan: &FinishPlan,
    context: &DecisionContext,
    user: &User,
    explanation: String,
) -> Result<(), NotCommitted> {
    let link = FederatedLink {
        id: LinkId::random(&*plan.entropy),
        key: context.identity.key.clone(),
        user: user.id.clone(),
        created_at: plan.now,
        last_used_at: plan.now,
        explanation,
    };
    match links::insert(tx, &link).await? {
        LinkInsert::Inserted => Ok(()),
        LinkInsert::Taken(_) => Err(NotCommitted::RaceLost),
    }
}

async fn update_account(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    user: &User,
    update: AccountUpdate,
) -> Result<(), NotCommitted> {
    let before = verified_email(&user.attributes);
    let after = verified_email(&update.attributes);
    if before != after {
        if let Some(value) = &before {
            unique_values::release(tx, value, &user.id).await?;
        }
        if let Some(value) = &after
            && let Claim::TakenBy(_) = unique_values::claim(tx, value, &user.id).await?
        {
            return Err(NotCommitted::RaceLost);
        }
    }
    if users::update_attributes(tx, &user.id, user.revision, &update.attributes).await?.is_none() {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = crate::audit::event(&plan.visitor, plan.now, "user.updated", AuditActor::System);
    event.object = user_object(&user.id);
    event.correlation = Some(plan.trace.correlation.clone());
    let names: Vec<_> = update.changes.iter().map(|change| change.attribute.as_str().to_owned()).collect();
    event.detail = json!({ "attributes": names });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account updated: {}", names.join(", ")));
    Ok(())
}

/// The unique value of a verified address.
pub fn verified_email(attributes: &AttributeBag) -> Option<UniqueValue> {
    let email = attributes.get(&AttributeName::email()).filter(|value| value.verified.is_verified())?;
    let address = EmailAddress::parse(email.values.first()?).ok()?;
    Some(UniqueValue { attribute: AttributeName::email(), value_key: address.unique_key() })
}
