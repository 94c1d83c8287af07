//! What is known about the person's factors, read anew for every page and every answer.

use usher_domain::{
    AccountState, AttributeBag, AttributeName, Authenticator, EmailAddress, RefusalCode, Subject, User, UserId,
};
use usher_login_flow::{CompletedStep, Evidence, FactorAccount, FactorFacts, FactorProof, LoginFlow};
use usher_provisioning::{Decision, Outcome, map};
use usher_storage::factors::{self, FactorSummary};
use usher_storage::passkeys::{self, PasskeyRow};
use usher_storage::totp::{self, TotpRow};
use usher_storage::users;

use crate::broker::Broker;
use crate::failure::Fault;
use crate::flow_state::LoadedFlow;
use crate::login::evidence::vouched_email;
use crate::login::finish::{account_need, decision_context};
use crate::mail::verified_address;

/// The person, with what they have.
pub(super) struct Known {
    pub facts: FactorFacts,
    /// The account, where there is one.
    pub user: Option<User>,
    /// Where a code may be mailed.
    pub email: Option<EmailAddress>,
    /// What an app or device calls the account.
    pub name: String,
    /// What wrong answers are counted under.
    pub key: String,
    pub recovery_left: i64,
    pub apps: Vec<TotpRow>,
    /// Passkeys that may be asked for in the open step.
    pub passkeys: Vec<PasskeyRow>,
}

/// Why nothing can be said.
pub(super) enum Unknown {
    Refused(RefusalCode),
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for Unknown {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// What the database has about an account.
struct Rows {
    user: Option<User>,
    summary: FactorSummary,
    apps: Vec<TotpRow>,
    passkeys: Vec<PasskeyRow>,
}

/// Reads it.
pub(super) async fn load(broker: &Broker, loaded: &LoadedFlow) -> Result<Known, Unknown> {
    let flow = &loaded.state.flow;
    match flow.subject() {
        Some(Subject::Local { user }) => exists(broker, flow, user).await,
        Some(Subject::Federated { key }) => {
            let subject = broker.pass_through_subject(key);
            without_account(broker, loaded, &subject)
        }
        None => Err(Fault::Invariant("a factor is asked of somebody").into()),
    }
}

async fn exists(broker: &Broker, flow: &LoginFlow, user: &UserId) -> Result<Known, Unknown> {
    let (id, now) = (user.clone(), broker.now());
    let rows = broker
        .store
        .read(move |tx| {
            Box::pin(async move {
                Ok::<_, Fault>(Rows {
                    user: users::get(tx, &id).await?,
                    summary: factors::summary(tx, &id, now).await?,
                    apps: totp::list(tx, &id).await?,
                    passkeys: passkeys::list(tx, &id).await?,
                })
            })
        })
        .await?;
    // Whatever door the person came through: a disabled account signs in by none (MFA-14).
    let Some(user) = rows.user.clone().filter(|user| user.state == AccountState::Active) else {
        return Err(Unknown::Refused(RefusalCode::AccountDisabled));
    };
    let email = verified_address(&user).filter(|_| broker.can_mail());
    // A key that another step of this sign-in rests on counts no second time.
    let counts = |row: &PasskeyRow| flow.open_step().is_some_and(|step| flow.passkey_counts(step, &row.id));
    let here = broker.passkeys().is_some();
    let keys: Vec<PasskeyRow> = rows.passkeys.iter().filter(|row| here && counts(row)).cloned().collect();
    let held = [
        (Authenticator::Totp, !rows.apps.is_empty()),
        (Authenticator::Passkey, !keys.is_empty()),
        (Authenticator::EmailOtp, email.is_some()),
        (Authenticator::RecoveryCode, rows.summary.recovery_left > 0),
    ];
    let facts = FactorFacts {
        account: FactorAccount::Exists,
        has: held.into_iter().filter(|(_, held)| *held).map(|(which, _)| which).collect(),
        may_enrol: if may_add(flow, &rows) { enrollable(broker) } else { Vec::new() },
        last_used: last_used(&rows),
    };
    Ok(Known {
        facts,
        email,
        name: user.username.as_str().to_owned(),
        key: user.id.as_str().to_owned(),
        user: Some(user),
        recovery_left: rows.summary.recovery_left,
        apps: rows.apps,
        passkeys: keys,
    })
}

/// Whoever has a factor proves one before setting up another: a password alone adds nothing beside it (MFA-10).
fn may_add(flow: &LoginFlow, rows: &Rows) -> bool {
    let summary = &rows.summary;
    let has = summary.recovery_left > 0 || summary.totp > 0 || summary.passkeys > 0;
    // Answered in this sign-in: a remembered browser, a code of the help desk or a provider's word is no such proof.
    let answered = |done: &CompletedStep| {
        matches!(&done.evidence, Evidence::Factor { authenticator, proof: FactorProof::Answer { .. } }
            if authenticator.needs_account())
    };
    !has || flow.completed().iter().any(answered)
}

/// What can be set up within a sign-in.
fn enrollable(broker: &Broker) -> Vec<Authenticator> {
    let passkey = broker.passkeys().map(|_| Authenticator::Passkey);
    std::iter::once(Authenticator::Totp).chain(passkey).collect()
}

fn last_used(rows: &Rows) -> Option<Authenticator> {
    let apps = rows.apps.iter().filter_map(|row| Some((row.last_used_at?, Authenticator::Totp)));
    let keys = rows.passkeys.iter().filter_map(|row| Some((row.last_used_at?, Authenticator::Passkey)));
    apps.chain(keys).max().map(|(_, used)| used)
}

/// A person of a connection: the decision about the identity says whether an account comes of it.
fn without_account(broker: &Broker, loaded: &LoadedFlow, subject: &str) -> Result<Known, Unknown> {
    let flow = &loaded.state.flow;
    let mut account = FactorAccount::None;
    let mut email = None;
    let mut name = String::new();
    if let Some(proved) = flow.proved_identity() {
        let decision: Decision =
            serde_json::from_str(&proved.decision).map_err(|e| Fault::unreadable("decision", e))?;
        let Some(context) = decision_context(broker, &proved.identity, account_need(broker, flow)) else {
            return Err(Unknown::Refused(RefusalCode::ConnectionUnavailable));
        };
        match &decision.outcome {
            Outcome::Create(new) => {
                account = FactorAccount::WillExist;
                email = vouched_in(&new.attributes);
                name = new.username_candidates.first().map(|name| name.as_str().to_owned()).unwrap_or_default();
            }
            _ => email = vouched_email(&map(&context.identity, &context.connection.mapping)),
        }
    }
    let email = email.filter(|_| broker.can_mail());
    let facts = FactorFacts {
        account,
        has: email.iter().map(|_| Authenticator::EmailOtp).collect(),
        may_enrol: enrollable(broker),
        last_used: None,
    };
    let key = format!("external:{subject}");
    Ok(Known { facts, user: None, email, name, key, recovery_left: 0, apps: Vec::new(), passkeys: Vec::new() })
}

/// The address of a new account, where somebody vouches for it.
fn vouched_in(attributes: &AttributeBag) -> Option<EmailAddress> {
    let email = attributes.get(&AttributeName::email()).filter(|value| value.verified.is_verified())?;
    EmailAddress::parse(email.values.first()?).ok()
}
