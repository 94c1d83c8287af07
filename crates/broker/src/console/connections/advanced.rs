//! The tab Advanced: proof of ownership, failures, user names, comparison, recordings.

use usher_domain::{Connection, LocalPart, OnFailure, OwnershipProof, Recording, SeveralIdentities};

use super::super::NotDone;

/// What the tab Advanced holds.
#[derive(Debug, Clone)]
pub struct AdvancedChange {
    /// When ownership is proved before linking.
    pub prove_ownership: OwnershipProof,
    /// What happens when an account cannot be made or updated.
    pub on_failure: OnFailure,
    /// The claim that names a new account; empty: the usual ones.
    pub username_from: String,
    /// How the local part of addresses is compared.
    pub local_part: LocalPart,
    /// Whether several identities may be linked to one account.
    pub several: SeveralIdentities,
    /// Whether answers are kept.
    pub recording: Recording,
    /// Values of `amr` or `acr` that stand for a second factor, one a line.
    pub trusted_mfa: String,
}

pub(super) fn apply(connection: &mut Connection, typed: &AdvancedChange) -> Result<(), NotDone> {
    let username_from = typed.username_from.trim();
    if username_from.chars().count() > 256 || username_from.chars().any(char::is_control) {
        return Err(NotDone::field("username_from", "Use at most 256 characters"));
    }
    let trusted = trusted_mfa(&typed.trusted_mfa)?;
    let settings = &mut connection.provisioning;
    settings.prove_ownership = typed.prove_ownership;
    settings.on_failure = typed.on_failure;
    settings.username_from = (!username_from.is_empty()).then(|| username_from.to_owned());
    connection.recording = typed.recording;
    connection.trusted_mfa = trusted;
    // In force or remembered, whichever there is: switching linking on later takes them along.
    let wanted = (typed.local_part, typed.several);
    let linking = match &mut settings.linking {
        Some(linking) => Some(linking),
        None if wanted == Default::default() && settings.shelved_linking.is_none() => None,
        None => Some(settings.shelved_linking.get_or_insert_default()),
    };
    if let Some(linking) = linking {
        (linking.local_part, linking.several) = wanted;
    }
    Ok(())
}

/// One value a line. What says no more than "signed in" would make every sign-in a second factor.
fn trusted_mfa(typed: &str) -> Result<Vec<String>, NotDone> {
    let mut values: Vec<String> =
        typed.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    values.sort();
    values.dedup();
    if values.len() > 20 || values.iter().any(|value| value.chars().count() > 256) {
        return Err(NotDone::field("trusted_mfa", "Use at most 20 values of at most 256 characters"));
    }
    if let Some(weak) = values.iter().find(|value| ["pwd", "fed", "0", "1"].contains(&value.as_str())) {
        let text = format!("“{weak}” says no more than that somebody signed in: it is no second factor");
        return Err(NotDone::field("trusted_mfa", text));
    }
    Ok(values)
}
