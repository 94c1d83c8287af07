//! What a decision does to an account: create it with its link, link one that exists, bring it up to date, or leave it alone.

use serde_json::json;
use usher_domain::{
    AccountState, AttributeBag, AttributeName, AttributeSource, AuditActor, AuditEvent, EmailAddress, FederatedLink,
    LinkId, NewUser, RefusalCode, TraceStage, User, UserId,
};
use usher_provisioning::groups::Occasion;
use usher_provisioning::{AccountUpdate, Outcome, mask};
use usher_storage::links::LinkInsert;
use usher_storage::unique_values::UniqueValue;
use usher_storage::users::UserInsert;
use usher_storage::{Tx, audit, links, users};

use super::{FinishPlan, NotCommitted, Person, active, groups, link, person_of};
use crate::accounts::reclaim;
use crate::audit::user_object;
use crate::failure::Fault;
use crate::login::decisions;
use crate::login::evidence::{Decided, DecisionContext};
use crate::tracing_events::note;

/// Carries the decision out and keeps it with its explanation.
pub(super) async fn apply(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    mut decided: Decided,
) -> Result<Person, NotCommitted> {
    let occasion = match decided.decision.outcome {
        Outcome::Create(_) => Some(Occasion::Created),
        Outcome::Link { .. } => Some(Occasion::Linked),
        Outcome::SignIn { .. } if context.connection.provisioning.enabled => Some(Occasion::Later),
        _ => None,
    };
    let existing = decided.user.as_ref().map(|user| &user.id);
    let changes = groups::decide(tx, context, existing, occasion).await?;
    if let Some(changes) = &changes {
        decided.decision.explanation.add_groups(changes);
    }
    let kept = decided.decision.clone();
    let explanation = decisions::explanation(&kept)?;
    let person = match decided.decision.outcome {
        Outcome::SignIn { update, .. } => sign_in(tx, plan, context, (decided.link, decided.user, update)).await?,
        Outcome::Link { update, .. } => {
            let user = decided.user.ok_or(Fault::Invariant("linking rests on an account"))?;
            link::apply(tx, plan, context, (user, update, explanation)).await?
        }
        Outcome::Create(new_user) => {
            let user = create_account(tx, plan, context, *new_user).await?;
            link_account(tx, plan, context, &user, explanation).await?;
            person_of(&user)
        }
        Outcome::PassThrough { subject, claims } => {
            let names = usher_provisioning::groups::names_of(&context.identity, &context.connection, &context.groups);
            Person { user: None, public_subject: subject, pass_through: claims, groups: names }
        }
        Outcome::Refuse { code } => return Err(NotCommitted::Refused(code)),
        Outcome::ProveOwnership { .. } => return Err(NotCommitted::Refused(RefusalCode::LinkRefused)),
    };
    if let (Some(user), Some(changes)) = (&person.user, changes) {
        groups::apply(tx, plan, context, (user, changes)).await?;
    }
    let correlation = plan.trace.correlation.clone();
    decisions::keep(tx, (&kept, person.user.as_ref()), &context.connection.id, correlation, plan.now).await?;
    Ok(person)
}

async fn sign_in(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    context: &DecisionContext,
    (link, user, update): (Option<FederatedLink>, Option<User>, Option<AccountUpdate>),
) -> Result<Person, NotCommitted> {
    let (Some(user), Some(link)) = (user, link) else {
        return Err(Fault::Invariant("signing in rests on a link and its account").into());
    };
    active(&user)?;
    links::touch(tx, &link.id, plan.now).await?;
    if let Some(update) = update {
        update_account(tx, plan, context, (&user, update)).await?;
    }
    Ok(person_of(&user))
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
    if reclaim(tx, &user.id, &AttributeBag::new(), &user.attributes, &context.schema).await?.is_some() {
        return Err(NotCommitted::RaceLost);
    }
    let mut event = event(plan, "user.provisioned", &user.id);
    event.detail = json!({ "connection": context.connection.id });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account created: {}", mask(user.username.as_str())));
    Ok(user)
}

/// Adds the link row.
pub(super) async fn link_account(
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
    context: &DecisionContext,
    (user, update): (&User, AccountUpdate),
) -> Result<(), NotCommitted> {
    if reclaim(tx, &user.id, &user.attributes, &update.attributes, &context.schema).await?.is_some() {
        return Err(NotCommitted::RaceLost);
    }
    if users::update_attributes(tx, &user.id, user.revision, &update.attributes).await?.is_none() {
        return Err(NotCommitted::RaceLost);
    }
    tell_update(tx, plan, &user.id, &update).await
}

/// Writes down which attributes changed.
pub(super) async fn tell_update(
    tx: &mut Tx,
    plan: &mut FinishPlan,
    user: &UserId,
    update: &AccountUpdate,
) -> Result<(), NotCommitted> {
    let names: Vec<_> = update.changes.iter().map(|change| change.attribute.as_str().to_owned()).collect();
    let mut event = event(plan, "user.updated", user);
    event.detail = json!({ "attributes": names });
    audit::insert(tx, &event).await?;
    note(&mut plan.trace, plan.now, TraceStage::Decision, format!("account updated: {}", names.join(", ")));
    Ok(())
}

/// Something that a sign-in did to an account.
pub(super) fn event(plan: &FinishPlan, action: &str, user: &UserId) -> AuditEvent {
    let mut event = crate::audit::event(&plan.visitor, plan.now, action, AuditActor::System);
    event.object = user_object(user);
    event.correlation = Some(plan.trace.correlation.clone());
    event
}

/// The unique value of a verified address.
pub fn verified_email(attributes: &AttributeBag) -> Option<UniqueValue> {
    let email = attributes.get(&AttributeName::email()).filter(|value| value.verified.is_verified())?;
    let address = EmailAddress::parse(email.values.first()?).ok()?;
    Some(UniqueValue { attribute: AttributeName::email(), value_key: address.unique_key() })
}
