//! What an installation asks of passwords and sessions: one setting, read with the configuration, changed in the console.
//!
//! Lengths and lockouts have bounds, so that no form switches them off. The list of leaked passwords is asked by range:
//! only five hex digits of a hash leave the house (k-anonymity), and a list that does not answer stops nobody.

use chrono::Duration;
use serde::{Deserialize, Serialize};
use usher_domain::{IssuerUrl, SecretText};
use usher_login_flow::factors::policy::{self, BreachVerdict, PasswordFlaw};
use usher_storage::attempts::AttemptPolicy;
use usher_storage::{StorageError, Tx, settings as rows};

use crate::broker::Broker;
use crate::console::{Admin, NotDone, change_configuration, deed};
use crate::failure::Fault;
use crate::visitor::Visitor;

/// Name of the setting.
const SETTING: &str = "security";
const MAX_URL: usize = 500;
/// Guessed first wherever it runs.
const PRODUCT: &str = "usher";

/// The numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecuritySettings {
    /// Shortest password that may be set, in characters.
    pub min_characters: u32,
    /// Where leaked passwords are asked for by range; absent: nowhere. The five digits are put behind it.
    pub breach_list: Option<String>,
    /// Failures on one name from one place, in a quarter of an hour, that close that door.
    pub door_failures: u32,
    /// Failures on one account in an hour, from wherever, that close it.
    pub account_failures: u32,
    /// For how many minutes either stays closed.
    pub lock_minutes: u32,
    /// Life of a browser session, in hours.
    pub session_hours: u32,
}

impl Default for SecuritySettings {
    fn default() -> Self {
        Self {
            min_characters: 10,
            breach_list: None,
            door_failures: 10,
            account_failures: 100,
            lock_minutes: 15,
            session_hours: 12,
        }
    }
}

impl SecuritySettings {
    /// On one name from one place.
    pub fn door(&self) -> AttemptPolicy {
        let (limit, window) = (self.door_failures, Duration::minutes(15));
        AttemptPolicy { limit, window, lock: self.lock() }
    }

    /// On one account.
    pub fn account(&self) -> AttemptPolicy {
        let (limit, window) = (self.account_failures, Duration::hours(1));
        AttemptPolicy { limit, window, lock: self.lock() }
    }

    /// Life of a browser session at Usher, whatever happens.
    pub fn session_life(&self) -> Duration {
        Duration::hours(i64::from(self.session_hours))
    }

    fn lock(&self) -> Duration {
        Duration::minutes(i64::from(self.lock_minutes))
    }
}

/// What the form sends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityForm {
    /// See [`SecuritySettings::min_characters`].
    pub min_characters: String,
    /// See [`SecuritySettings::breach_list`]; empty: none.
    pub breach_list: String,
    /// See [`SecuritySettings::door_failures`].
    pub door_failures: String,
    /// See [`SecuritySettings::account_failures`].
    pub account_failures: String,
    /// See [`SecuritySettings::lock_minutes`].
    pub lock_minutes: String,
    /// See [`SecuritySettings::session_hours`].
    pub session_hours: String,
}

impl From<&SecuritySettings> for SecurityForm {
    fn from(settings: &SecuritySettings) -> Self {
        Self {
            min_characters: settings.min_characters.to_string(),
            breach_list: settings.breach_list.clone().unwrap_or_default(),
            door_failures: settings.door_failures.to_string(),
            account_failures: settings.account_failures.to_string(),
            lock_minutes: settings.lock_minutes.to_string(),
            session_hours: settings.session_hours.to_string(),
        }
    }
}

/// Reads the setting; what is missing has its default.
pub(crate) async fn read(tx: &mut Tx) -> Result<SecuritySettings, StorageError> {
    let stored = rows::get(tx, SETTING).await?;
    // A text that nobody can read was not written by us: the defaults are safe.
    Ok(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Changes the setting.
pub async fn change(broker: &Broker, admin: &Admin, form: &SecurityForm, visitor: &Visitor) -> Result<(), NotDone> {
    let settings = parse(form)?;
    let text = serde_json::to_string(&settings).map_err(|e| Fault::unreadable("settings", e))?;
    let mut event = deed(broker, admin, visitor, "settings.security_changed", "settings:security".to_owned());
    let before = broker.snapshot().security.clone();
    event.detail = serde_json::json!({ "before": before, "after": settings });
    change_configuration(broker, event, move |tx| Box::pin(async move { Ok(rows::put(tx, SETTING, &text).await?) }))
        .await
}

fn parse(form: &SecurityForm) -> Result<SecuritySettings, NotDone> {
    Ok(SecuritySettings {
        min_characters: number("min_characters", &form.min_characters, (10, 64))?,
        breach_list: breach_list(form.breach_list.trim())?,
        door_failures: number("door_failures", &form.door_failures, (3, 100))?,
        account_failures: number("account_failures", &form.account_failures, (10, 1000))?,
        lock_minutes: number("lock_minutes", &form.lock_minutes, (1, 1440))?,
        session_hours: number("session_hours", &form.session_hours, (1, 720))?,
    })
}

fn number(field: &'static str, text: &str, (least, most): (u32, u32)) -> Result<u32, NotDone> {
    let read = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
    read.ok_or_else(|| NotDone::field(field, format!("enter a number from {least} to {most}")))
}

fn breach_list(text: &str) -> Result<Option<String>, NotDone> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || NotDone::field("breach_list", "enter the address of a range service: https:// and a path");
    let address = IssuerUrl::parse(text).ok().filter(|_| text.len() <= MAX_URL).ok_or_else(wrong)?;
    Ok(Some(address.as_str().trim_end_matches('/').to_owned()))
}

/// Judges a password that is about to be set for somebody about whom these words are known.
pub async fn judge(broker: &Broker, password: &SecretText, known: &[&str]) -> Result<(), PasswordFlaw> {
    let words: Vec<&str> = known.iter().copied().chain([PRODUCT]).collect();
    policy::check(password.expose(), &words)?;
    let settings = broker.snapshot().security.clone();
    if password.expose().chars().count() < usize::try_from(settings.min_characters).unwrap_or(usize::MAX) {
        return Err(PasswordFlaw::TooShort);
    }
    let Some(list) = settings.breach_list else { return Ok(()) };
    match leaked(broker, &list, password).await {
        BreachVerdict::Leaked { .. } => Err(PasswordFlaw::Breached),
        BreachVerdict::Clean => Ok(()),
        BreachVerdict::Unknown => {
            tracing::warn!("the list of leaked passwords did not answer; the password was accepted without it");
            Ok(())
        }
    }
}

async fn leaked(broker: &Broker, list: &str, password: &SecretText) -> BreachVerdict {
    let digits = policy::range_prefix(password.expose());
    match usher_connectors::leaked_range(&*broker.fetch, list, &digits).await {
        Ok(Some(text)) => policy::found_in(&text, password.expose()),
        Ok(None) | Err(_) => BreachVerdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_switches_a_lock_off() {
        let fine = SecurityForm::from(&SecuritySettings::default());
        assert_eq!(parse(&fine).unwrap(), SecuritySettings::default());
        for wrong in [
            SecurityForm { min_characters: "9".into(), ..fine.clone() },
            SecurityForm { door_failures: "0".into(), ..fine.clone() },
            SecurityForm { account_failures: "1001".into(), ..fine.clone() },
            SecurityForm { lock_minutes: "x".into(), ..fine.clone() },
            SecurityForm { session_hours: "-1".into(), ..fine.clone() },
            SecurityForm { breach_list: "http://list.test/range".into(), ..fine.clone() },
            SecurityForm { breach_list: "https://list.test/range?key=1".into(), ..fine.clone() },
            SecurityForm { breach_list: "range".into(), ..fine.clone() },
        ] {
            assert!(matches!(parse(&wrong), Err(NotDone::Field { .. })), "{wrong:?}");
        }
        let listed = SecurityForm { breach_list: " https://list.test/range/ ".into(), ..fine };
        assert_eq!(parse(&listed).unwrap().breach_list.as_deref(), Some("https://list.test/range"));
    }

    #[test]
    fn an_older_setting_is_read_with_the_defaults_of_what_it_lacks() {
        let read: SecuritySettings = serde_json::from_str(r#"{"session_hours": 3}"#).unwrap();
        assert_eq!(read, SecuritySettings { session_hours: 3, ..SecuritySettings::default() });
    }
}
