//! What an admin makes for scripts of all flows, and what they may reach: pages and mails, hosts and roles. Pages and mails
//! take effect with the next version of a flow that is published; hosts and roles at once.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;
use usher_domain::AuditEvent;
use usher_storage::{Tx, audit, hash, settings};

use super::super::{Admin, NotDone, deed};
use super::scripts::name;
use crate::broker::Broker;
use crate::failure::Fault;
use crate::login::script::shared::{HOSTS, MAILS, PROMPTS, ROLES, Shared};
use crate::login::script::{MailTemplate, PromptField, PromptTemplate};
use crate::visitor::Visitor;

/// Most pages, mails, hosts or roles.
const MOST: usize = 100;
/// Most fields of a page, longest heading or label, longest text.
const FIELDS: usize = 20;
const LINE: usize = 150;
const TEXT: usize = 4_000;

/// What scripts share, and the revisions that forms were made from.
#[derive(Debug, Clone)]
pub struct Kept {
    /// All of it.
    pub shared: Shared,
    /// Revision of the pages, of the mails, and of hosts with roles.
    pub pages: i64,
    /// Likewise.
    pub mails: i64,
    /// Likewise.
    pub reach: i64,
}

/// Reads it.
pub async fn kept(broker: &Broker) -> Result<Kept, Fault> {
    broker
        .store
        .read(|tx| {
            Box::pin(async move {
                Ok::<_, Fault>(Kept {
                    pages: revision(tx, &[PROMPTS]).await?,
                    mails: revision(tx, &[MAILS]).await?,
                    reach: revision(tx, &[HOSTS, ROLES]).await?,
                    shared: Shared::read(tx).await?,
                })
            })
        })
        .await
}

/// A number that changes with what is kept; 0 where nothing ever was.
async fn revision(tx: &mut Tx, names: &[&str]) -> Result<i64, Fault> {
    let mut all = String::new();
    for name in names {
        all.push_str(&settings::get(tx, name).await?.unwrap_or_default());
        all.push('\n');
    }
    if all.trim().is_empty() {
        return Ok(0);
    }
    let start = hash(all.as_bytes()).into_iter().take(6);
    Ok(start.fold(1, |number, byte| (number << 8) | i64::from(byte)))
}

/// Saves a page, a new one or in place of the old, if the pages are still as the form saw them.
pub async fn save_page(
    broker: &Broker,
    admin: &Admin,
    (typed, revision): (&str, i64),
    page: &PromptTemplate,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = name(typed)?;
    judge_page(page)?;
    let event = deed(broker, admin, visitor, "script_page.saved", format!("script_page:{name}"));
    let page = page.clone();
    edit(broker, event, (PROMPTS, Some(revision)), move |pages: &mut BTreeMap<String, PromptTemplate>| {
        pages.insert(name.clone(), page.clone());
        if pages.len() > MOST { Err(NotDone::field("name", "There are 100 pages already")) } else { Ok(()) }
    })
    .await
}

fn judge_page(page: &PromptTemplate) -> Result<(), NotDone> {
    let is_line = |text: &str| (1..=LINE).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if !is_line(&page.title) {
        return Err(NotDone::field("title", "Enter a heading of at most 150 characters"));
    }
    if page.text.chars().count() > TEXT {
        return Err(NotDone::field("text", "Use at most 4000 characters"));
    }
    let mut seen = BTreeSet::new();
    let fits = |field: &PromptField| {
        let named = field.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        named && (1..=64).contains(&field.name.len()) && field.name != "csrf" && is_line(&field.label)
    };
    let known = |kind: &str| matches!(kind, "text" | "email" | "number" | "checkbox");
    if page.fields.len() > FIELDS || !page.fields.iter().all(|field| fits(field) && known(&field.kind)) {
        return Err(NotDone::field("fields", "Write each field as name | label | text, email, number or checkbox"));
    }
    if !page.fields.iter().all(|field| seen.insert(&field.name)) {
        return Err(NotDone::field("fields", "Use each name once"));
    }
    Ok(())
}

/// Saves a mail, likewise.
pub async fn save_mail(
    broker: &Broker,
    admin: &Admin,
    (typed, revision): (&str, i64),
    mail: &MailTemplate,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let name = name(typed)?;
    let subject = mail.subject.trim();
    if !(1..=LINE).contains(&subject.chars().count()) || subject.chars().any(char::is_control) {
        return Err(NotDone::field("subject", "Enter a subject of at most 150 characters"));
    }
    if mail.text.trim().is_empty() || mail.text.chars().count() > TEXT {
        return Err(NotDone::field("text", "Enter a text of at most 4000 characters"));
    }
    let event = deed(broker, admin, visitor, "script_mail.saved", format!("script_mail:{name}"));
    let mail = MailTemplate { subject: subject.to_owned(), text: mail.text.replace("\r\n", "\n") };
    edit(broker, event, (MAILS, Some(revision)), move |mails: &mut BTreeMap<String, MailTemplate>| {
        mails.insert(name.clone(), mail.clone());
        if mails.len() > MOST { Err(NotDone::field("name", "There are 100 mails already")) } else { Ok(()) }
    })
    .await
}

/// Removes a page. Versions that were published with it keep it.
pub async fn remove_page(broker: &Broker, admin: &Admin, name: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "script_page.removed", format!("script_page:{name}"));
    let name = name.to_owned();
    edit(broker, event, (PROMPTS, None), move |pages: &mut BTreeMap<String, PromptTemplate>| {
        pages.remove(&name).map(drop).ok_or(NotDone::Gone)
    })
    .await
}

/// Removes a mail, likewise.
pub async fn remove_mail(broker: &Broker, admin: &Admin, name: &str, visitor: &Visitor) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, "script_mail.removed", format!("script_mail:{name}"));
    let name = name.to_owned();
    edit(broker, event, (MAILS, None), move |mails: &mut BTreeMap<String, MailTemplate>| {
        mails.remove(&name).map(drop).ok_or(NotDone::Gone)
    })
    .await
}

/// Saves what scripts may reach: hosts and groups, one a line.
pub async fn save_reach(
    broker: &Broker,
    admin: &Admin,
    (hosts, roles): (&str, &str),
    expected: i64,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let lines = |text: &str| -> Vec<String> {
        let lines: BTreeSet<String> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        lines.into_iter().collect()
    };
    let (hosts, roles) = (lines(hosts), lines(roles));
    if let Some(bad) = hosts.iter().find(|host| !is_host(host)) {
        let text = format!("'{bad}' is not a host such as api.example.com or api.example.com:8443");
        return Err(NotDone::field("hosts", text));
    }
    let snapshot = broker.snapshot();
    if let Some(bad) = roles.iter().find(|role| !snapshot.groups.values().any(|group| group.name == **role)) {
        return Err(NotDone::field("groups", format!("there is no group '{bad}'")));
    }
    if hosts.len().max(roles.len()) > MOST {
        return Err(NotDone::field("hosts", "Use at most 100 of each"));
    }
    let mut event = deed(broker, admin, visitor, "script_reach.changed", "settings:script_reach".to_owned());
    event.detail = serde_json::json!({ "hosts": hosts, "groups": roles });
    let (hosts, roles) = (json(&hosts)?, json(&roles)?);
    broker
        .store
        .write(move |tx| {
            let (hosts, roles, event) = (hosts.clone(), roles.clone(), event.clone());
            Box::pin(async move {
                if revision(tx, &[HOSTS, ROLES]).await? != expected {
                    return Err(NotDone::Stale);
                }
                settings::put(tx, HOSTS, &hosts).await?;
                settings::put(tx, ROLES, &roles).await?;
                audit::insert(tx, &event).await?;
                Ok(())
            })
        })
        .await
}

/// A host with its port, where that is not the usual one; as it would be compared with an address.
fn is_host(text: &str) -> bool {
    let Ok(url) = Url::parse(&format!("https://{text}/")) else { return false };
    let Some(host) = url.host_str() else { return false };
    let written = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    // Exact names only: a pattern would stand there and never fit anything.
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    plain && written.eq_ignore_ascii_case(text)
}

fn json<T: Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|fault| Fault::unreadable("setting of scripts", fault))
}

/// Changes one setting and writes the deed down, if the setting is still as the form saw it.
async fn edit<T>(
    broker: &Broker,
    event: AuditEvent,
    (setting, expected): (&'static str, Option<i64>),
    change: impl Fn(&mut T) -> Result<(), NotDone> + Clone + Send + Sync + 'static,
) -> Result<(), NotDone>
where
    T: DeserializeOwned + Serialize + Default + Send + Sync,
{
    broker
        .store
        .write(move |tx| {
            let (event, change) = (event.clone(), change.clone());
            Box::pin(async move {
                if let Some(expected) = expected
                    && revision(tx, &[setting]).await? != expected
                {
                    return Err(NotDone::Stale);
                }
                let mut value: T = crate::login::script::shared::setting(tx, setting).await?;
                change(&mut value)?;
                settings::put(tx, setting, &json(&value)?).await?;
                audit::insert(tx, &event).await?;
                Ok(())
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn script_12_a_host_is_written_as_it_is_compared() {
        for good in ["api.test", "API.test", "api.test:8443", "192.0.2.1", "[::1]:8080", "localhost"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "https://api.test", "api.test/x", "a@api.test", "api.test:443", "2130706433", "*.test", "a b"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
