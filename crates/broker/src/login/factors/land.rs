//! What was set up in a sign-in lands with it, for the account that it turned out to be about.

use serde_json::json;
use usher_domain::{Authenticator, MailContent, RefusalCode, TotpId, User, UserId};
use usher_login_flow::Enrolment;
use usher_login_flow::factors::recovery;
use usher_login_flow::factors::totp::TotpSecret;
use usher_storage::passkeys::{self, Backup, PasskeyRow};
use usher_storage::totp::{self, TotpRow};
use usher_storage::{Tx, audit, recovery_codes, users};

use super::keep;
use crate::audit::{event, user_object};
use crate::failure::Fault;
use crate::login::commit::{FinishPlan, NotCommitted, owns_with_factors};
use crate::mail::{language, queue, verified_address};

/// Writes it, with an audit event and a mail for each.
pub(crate) async fn land(
    tx: &mut Tx,
    plan: &FinishPlan,
    id: &UserId,
    enrolments: &[Enrolment],
) -> Result<(), NotCommitted> {
    if enrolments.is_empty() {
        return Ok(());
    }
    // Whoever set a factor up meanwhile is asked for that one first (MFA-10).
    if !owns_with_factors(tx, plan, id).await? {
        return Err(NotCommitted::Refused(RefusalCode::TxExpired));
    }
    let user = users::get(tx, id).await?.ok_or(Fault::Invariant("the account of a sign-in exists"))?;
    for enrolment in enrolments {
        let told = write(tx, plan, id, enrolment).await?;
        tell(tx, plan, &user, told).await?;
    }
    Ok(())
}

async fn write(
    tx: &mut Tx,
    plan: &FinishPlan,
    id: &UserId,
    enrolment: &Enrolment,
) -> Result<MailContent, NotCommitted> {
    let unreadable = |fault| Fault::unreadable("factor", fault);
    match enrolment {
        Enrolment::Totp { secret, name, step } => {
            let secret = TotpSecret::parse(secret).map_err(|e| Fault::unreadable("factor", e))?;
            let row_id = TotpId::random(&*plan.entropy);
            let sealed = keep::seal_totp(&plan.store, &row_id, &secret, &*plan.entropy).map_err(unreadable)?;
            let row = TotpRow {
                id: row_id,
                user: id.clone(),
                sealed,
                name: name.clone(),
                created_at: plan.now,
                last_step: Some(*step),
                last_used_at: Some(plan.now),
            };
            totp::insert(tx, &row).await?;
            Ok(MailContent::FactorAdded { factor: Authenticator::Totp, name: name.clone() })
        }
        Enrolment::Passkey { id: credential_id, credential, name, backed_up } => {
            let sealed =
                keep::seal_passkey(&plan.store, credential_id, credential, &*plan.entropy).map_err(unreadable)?;
            let row = PasskeyRow {
                id: credential_id.clone(),
                user: id.clone(),
                sealed,
                name: name.clone(),
                created_at: plan.now,
                last_used_at: None,
                backup: if *backed_up { Backup::Present } else { Backup::None },
            };
            if !passkeys::insert(tx, &row).await? {
                // Another account has it by now (Level 3, 7.1 (26)).
                return Err(NotCommitted::Refused(RefusalCode::TxExpired));
            }
            Ok(MailContent::FactorAdded { factor: Authenticator::Passkey, name: name.clone() })
        }
        Enrolment::RecoveryCodes { codes } => {
            let hashes: Vec<_> = codes.iter().filter_map(|code| recovery::hash(id, code)).collect();
            recovery_codes::replace(tx, id, &hashes, plan.now).await?;
            Ok(MailContent::RecoveryCodesMade)
        }
    }
}

async fn tell(tx: &mut Tx, plan: &FinishPlan, user: &User, content: MailContent) -> Result<(), NotCommitted> {
    let actor = usher_domain::AuditActor::User(user.id.clone());
    let mut enrolled = event(&plan.visitor, plan.now, "factor.enrolled", actor);
    enrolled.object = user_object(&user.id);
    enrolled.correlation = Some(plan.trace.correlation.clone());
    enrolled.detail = json!({ "what": match &content {
        MailContent::FactorAdded { factor, .. } => factor.as_str(),
        _ => Authenticator::RecoveryCode.as_str(),
    } });
    audit::insert(tx, &enrolled).await?;
    if let Some(to) = verified_address(user).filter(|_| plan.can_mail) {
        let mail = usher_domain::Mail { to, language: language(user), content };
        queue(tx, &plan.store, &*plan.entropy, &mail, plan.now).await?;
    }
    Ok(())
}
