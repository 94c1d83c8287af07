//! What scripts of all flows share: secrets, which are written and never shown, and libraries. A change takes effect with
//! the next version of a flow that is published.

use futures_util::future::BoxFuture;
use usher_domain::{AuditEvent, SecretText};
use usher_storage::script_libraries::ScriptLibrary;
use usher_storage::script_secrets::ScriptSecret;
use usher_storage::{Purpose, Tx, audit, script_libraries, script_secrets};

use super::super::{Admin, NotDone, deed};
use crate::broker::Broker;
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Longest text of a secret, in bytes.
const LONGEST_SECRET: usize = 4096;
/// Longest text of a library, in bytes.
const LONGEST_LIBRARY: usize = 64 * 1024;

/// What may be shown of the secrets, by name.
pub async fn secrets(broker: &Broker) -> Result<Vec<ScriptSecret>, Fault> {
    Ok(broker.store.read(move |tx| Box::pin(async move { script_secrets::list(tx).await })).await?)
}

/// The libraries by name.
pub async fn libraries(broker: &Broker) -> Result<Vec<ScriptLibrary>, Fault> {
    Ok(broker.store.read(move |tx| Box::pin(async move { script_libraries::list(tx).await })).await?)
}

/// A name as scripts write it: `secrets.name`.
pub(super) fn name(text: &str) -> Result<String, NotDone> {
    let text = text.trim();
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !first || text.len() > 64 || !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(NotDone::field("name", "Use up to 64 letters, digits and underscores, not a digit first"));
    }
    Ok(text.to_owned())
}

/// Sets a secret, a new one or in place of the old.
pub async fn set_secret(
    broker: &Broker,
    admin: &Admin,
    typed: &str,
    secret: &SecretText,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = name(typed)?;
    let text = secret.expose();
    if text.is_empty() || text.len() > LONGEST_SECRET {
        return Err(NotDone::field("secret", "Enter a secret of at most 4096 characters"));
    }
    let sealed = broker
        .store
        .sealer()
        .seal(Purpose::SCRIPT_SECRET, &name, text.as_bytes(), broker.entropy())
        .map_err(|fault| Fault::unreadable("secret of a script", fault))?;
    // Of a short one the ending would be most of it.
    let ending = if text.chars().count() >= 16 { tail(text) } else { String::new() };
    let event = deed(broker, admin, visitor, "script_secret.set", format!("script_secret:{name}"));
    let now = broker.now();
    carry_out(broker, event, move |tx| {
        Box::pin(async move { Ok(script_secrets::put(tx, &name, &sealed, &ending, now).await?) })
    })
    .await
}

/// A change with its audit event, in one transaction.
async fn carry_out<J>(broker: &Broker, event: AuditEvent, change: J) -> Result<(), NotDone>
where
    J: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), NotDone>> + Clone + Send + 'static,
{
    broker
        .store
        .write(move |tx| {
            Box::pin(async move {
                change(&mut *tx).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(())
            })
        })
        .await
}

fn tail(text: &str) -> String {
    text.chars().skip(text.chars().count().saturating_sub(4)).collect()
}

/// Removes a secret. Versions that were published with it keep it.
pub async fn remove_secret(broker: &Broker, admin: &Admin, name: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "script_secret.removed", format!("script_secret:{name}"));
    let name = name.to_owned();
    carry_out(broker, event, move |tx| {
        Box::pin(async move { if script_secrets::delete(tx, &name).await? { Ok(()) } else { Err(NotDone::Gone) } })
    })
    .await
}

/// Saves a library, if it is still as the form saw it; revision 0: a new one.
pub async fn save_library(
    broker: &Broker,
    admin: &Admin,
    (typed, revision): (&str, i64),
    source: &str,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = name(typed)?;
    let source = source.replace("\r\n", "\n");
    if source.trim().is_empty() || source.len() > LONGEST_LIBRARY {
        return Err(NotDone::field("source", "Enter a library of at most 64 kB"));
    }
    let mut event = deed(broker, admin, visitor, "script_library.saved", format!("script_library:{name}"));
    // Of the revision that the form was made from: another one is not overwritten.
    let known = libraries(broker).await?;
    let before = known.iter().find(|library| library.name == name).map(|library| library.source.as_str());
    event.detail = super::changes::of(before, Some(&source));
    let expected = (revision > 0).then_some(revision);
    carry_out(broker, event, move |tx| {
        Box::pin(async move {
            let saved = script_libraries::put(tx, &name, &source, expected).await?;
            saved.map(drop).ok_or(NotDone::Stale)
        })
    })
    .await
}

/// Removes a library. Versions that were published with it keep it.
pub async fn remove_library(broker: &Broker, admin: &Admin, name: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "script_library.removed", format!("script_library:{name}"));
    let name = name.to_owned();
    carry_out(broker, event, move |tx| {
        Box::pin(async move { if script_libraries::delete(tx, &name).await? { Ok(()) } else { Err(NotDone::Gone) } })
    })
    .await
}
