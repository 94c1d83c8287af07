//! Names and attributes of every cookie, and the guard against tossed duplicates.
//!
//! Names are `__Host-usher-<part>` where browsers reach Usher by https. On plain http (loopback only)
//! the prefix cannot be used, and cookies ignore ports, so the port is part of the name there.

use cookie::{Cookie, SameSite};
use http::{HeaderMap, header};
use url::Url;
use usher_broker::{ScriptCookie, ScriptSameSite};
use usher_domain::{ConnectionId, SecretText};

/// Cookies of scripts that are looked at.
const SCRIPT_COOKIES: usize = 20;

/// The cookies of one installation.
#[derive(Debug, Clone)]
pub struct CookieNames {
    /// Session at Usher (tower-sessions).
    pub session: String,
    /// Binds sign-ins in progress to this browser.
    pub browser: String,
    /// Connection used last.
    pub last: String,
    /// Session in the console.
    pub console: String,
    /// Who is in the account page, beside the session.
    pub account: String,
    /// What waits while a person signs in to the account page.
    pub account_waiting: String,
    /// Language chosen.
    pub language: String,
    /// Marks a browser that second factors are not asked of for a while.
    pub device: String,
    /// What waits while an admin signs in to the console.
    pub waiting: String,
    /// What the console confirms on its next page; one of a fixed set of words.
    pub flash: String,
    /// How the cookies of scripts begin.
    script: String,
    /// How they end: with the port, where it is part of the name.
    script_end: String,
    secure: bool,
}

impl CookieNames {
    /// Names for a public URL.
    pub fn of(public_url: &str) -> Self {
        let url = Url::parse(public_url).ok();
        let secure = url.as_ref().is_some_and(|u| u.scheme() == "https");
        let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or(80);
        let name = |part: &str| if secure { format!("__Host-usher-{part}") } else { format!("usher-{part}-{port}") };
        Self {
            session: name("session"),
            browser: name("browser"),
            last: name("last"),
            console: name("console"),
            account: name("account"),
            account_waiting: name("account-waiting"),
            language: name("language"),
            device: name("device"),
            waiting: name("waiting"),
            flash: name("flash"),
            script: if secure { "__Host-usher-script-".to_owned() } else { "usher-script-".to_owned() },
            script_end: if secure { String::new() } else { format!("-{port}") },
            secure,
        }
    }

    /// Whether cookies carry `Secure`.
    pub fn secure(&self) -> bool {
        self.secure
    }

    fn cookie(&self, name: &str, value: String, days: Option<i64>) -> String {
        let mut cookie = Cookie::build((name.to_owned(), value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .build();
        if let Some(days) = days {
            cookie.set_max_age(time::Duration::days(days));
        }
        cookie.to_string()
    }

    /// `Set-Cookie` for the binding cookie; ends with the browser.
    pub fn set_browser(&self, value: &SecretText) -> String {
        self.cookie(&self.browser, value.expose().to_owned(), None)
    }

    /// `Set-Cookie` for the connection used last; kept for half a year.
    pub fn set_last(&self, connection: &ConnectionId) -> String {
        self.cookie(&self.last, connection.as_str().to_owned(), Some(180))
    }

    /// `Set-Cookie` for the language chosen; kept for a year.
    pub fn set_language(&self, tag: &str) -> String {
        self.cookie(&self.language, tag.to_owned(), Some(365))
    }

    /// `Set-Cookie` for a browser that is remembered.
    pub fn set_device(&self, value: &SecretText, days: u16) -> String {
        self.cookie(&self.device, value.expose().to_owned(), Some(i64::from(days)))
    }

    /// `Set-Cookie` for what waits while an admin signs in; ends with the browser.
    pub fn set_waiting(&self, value: &SecretText) -> String {
        self.cookie(&self.waiting, value.expose().to_owned(), None)
    }

    /// `Set-Cookie` that removes what waited.
    pub fn clear_waiting(&self) -> String {
        self.cookie(&self.waiting, String::new(), Some(0))
    }

    /// `Set-Cookie` for the account page; ends with the browser.
    pub fn set_account(&self, value: &SecretText) -> String {
        self.cookie(&self.account, value.expose().to_owned(), None)
    }

    /// `Set-Cookie` that ends the account page.
    pub fn clear_account(&self) -> String {
        self.cookie(&self.account, String::new(), Some(0))
    }

    /// `Set-Cookie` for what waits while a person signs in to the account page; ends with the browser.
    pub fn set_account_waiting(&self, value: &SecretText) -> String {
        self.cookie(&self.account_waiting, value.expose().to_owned(), None)
    }

    /// `Set-Cookie` that removes what waited.
    pub fn clear_account_waiting(&self) -> String {
        self.cookie(&self.account_waiting, String::new(), Some(0))
    }

    /// `Set-Cookie` for what the console's next page confirms; ends with the browser.
    pub fn set_flash(&self, key: &str) -> String {
        self.cookie(&self.flash, key.to_owned(), None)
    }

    /// `Set-Cookie` that removes what was confirmed.
    pub fn clear_flash(&self) -> String {
        self.cookie(&self.flash, String::new(), Some(0))
    }

    /// `Set-Cookie` for a cookie of a script: sealed, for the whole installation.
    pub fn set_script(&self, script: &ScriptCookie) -> String {
        let name = format!("{}{}{}", self.script, script.id, self.script_end);
        let mut cookie = Cookie::build((name, script.value.expose().to_owned()))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(match script.same_site {
                ScriptSameSite::Strict => SameSite::Strict,
                ScriptSameSite::None if self.secure => SameSite::None,
                ScriptSameSite::Lax | ScriptSameSite::None => SameSite::Lax,
            })
            .build();
        if let Some(seconds) = script.max_age {
            cookie.set_max_age(time::Duration::seconds(i64::from(seconds)));
        }
        cookie.to_string()
    }

    /// The cookies of scripts that a browser sent; of one that came twice, none.
    pub fn of_scripts(&self, headers: &HeaderMap) -> Vec<(String, SecretText)> {
        let id = |name: &str| {
            let id = name.strip_prefix(&self.script)?.strip_suffix(&self.script_end)?;
            Some(id.to_owned()).filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let sent: Vec<(String, &str)> = pairs(headers).filter_map(|(name, value)| Some((id(name)?, value))).collect();
        let once = |id: &String| sent.iter().filter(|(other, _)| other == id).count() == 1;
        let kept = sent.iter().filter(|(id, _)| once(id)).take(SCRIPT_COOKIES);
        kept.map(|(id, value)| (id.clone(), SecretText::new(*value))).collect()
    }

    /// The one value of a cookie; absent when it is missing or empty.
    pub fn value(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        pairs(headers).find(|(n, _)| *n == name).map(|(_, v)| v.to_owned()).filter(|v| !v.is_empty())
    }

    /// Whether one of our cookies came more than once: a sibling domain may have tossed one in (SESS-14).
    pub fn is_ambiguous(&self, headers: &HeaderMap) -> bool {
        let own = [&self.session, &self.browser, &self.last, &self.console, &self.language, &self.waiting];
        let more = [&self.flash, &self.device, &self.account, &self.account_waiting];
        own.iter().chain(&more).any(|name| pairs(headers).filter(|(n, _)| n == name).count() > 1)
    }
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers
    }

    #[test]
    fn sess_02_flags() {
        let names = CookieNames::of("https://id.corp.test");
        let cookie = names.set_browser(&SecretText::new("v"));
        assert_eq!(cookie, "__Host-usher-browser=v; HttpOnly; SameSite=Lax; Secure; Path=/");
        let names = CookieNames::of("http://localhost:8080");
        assert_eq!(names.set_browser(&SecretText::new("v")), "usher-browser-8080=v; HttpOnly; SameSite=Lax; Path=/");
    }

    #[test]
    fn cookies_of_scripts_are_secure_and_come_back_by_their_ids() {
        let script =
            |same_site| ScriptCookie { id: "a1".to_owned(), value: SecretText::new("v"), max_age: Some(60), same_site };
        let names = CookieNames::of("https://id.corp.test");
        let set = names.set_script(&script(ScriptSameSite::Lax));
        assert_eq!(set, "__Host-usher-script-a1=v; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
        assert!(names.set_script(&script(ScriptSameSite::None)).contains("SameSite=None"));
        let names = CookieNames::of("http://localhost:8080");
        assert!(names.set_script(&script(ScriptSameSite::None)).contains("SameSite=Lax"), "None needs Secure");
        let found =
            names.of_scripts(&headers("usher-script-a1-8080=x; usher-script-zz-8080=y; usher-script-b2-8081=z"));
        assert_eq!(found.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a1"]);
        assert!(names.of_scripts(&headers("usher-script-a1-8080=x; usher-script-a1-8080=y")).is_empty());
    }

    #[test]
    fn sess_14_cookie_tossing() {
        let names = CookieNames::of("http://localhost:8080");
        assert_eq!(names.value(&headers("a=1; usher-browser-8080=x"), &names.browser).as_deref(), Some("x"));
        assert!(!names.is_ambiguous(&headers("a=1; a=2; usher-browser-8080=x")));
        assert!(names.is_ambiguous(&headers("usher-browser-8080=x; usher-browser-8080=y")));
    }
}
