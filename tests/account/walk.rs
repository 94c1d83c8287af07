//! Walks through the pages about signing in: as a person who answers whatever is asked on the way.

use crate::support::smtp::{Received, Sink};
use crate::support::{Browser, Form, Landing, Page, Usher, totp};

pub const ANN: (&str, &str) = ("ann", "a good long secret");
pub const BEN: (&str, &str) = ("ben", "another long secret");

/// Somebody at a browser, with what they know.
pub struct Person<'a> {
    pub usher: &'a Usher,
    pub browser: Browser,
    pub who: (&'static str, &'static str),
    /// The key of their authenticator app, once there is one.
    pub key: Option<String>,
}

impl<'a> Person<'a> {
    pub fn new(usher: &'a Usher, who: (&'static str, &'static str)) -> Self {
        Self { usher, browser: usher.browser(), who, key: None }
    }

    /// The same person at another browser.
    pub fn elsewhere(&self) -> Self {
        Self { usher: self.usher, browser: self.usher.browser(), who: self.who, key: self.key.clone() }
    }

    /// Another tab of the same browser.
    pub fn tab(&self) -> Self {
        Self { usher: self.usher, browser: self.browser.clone(), who: self.who, key: self.key.clone() }
    }

    /// Opens a page of the account, and signs in as often as it is asked.
    pub async fn open(&mut self, path: &str) -> Page {
        let landing = self.browser.open(self.usher.url(&format!("/account{path}"))).await;
        self.sign_in(landing).await
    }

    /// Goes to an address, and signs in as often as it is asked.
    pub async fn follow(&mut self, url: &str) -> Page {
        let landing = self.browser.open(url).await;
        self.sign_in(landing).await
    }

    /// Opens a page and answers nothing.
    pub async fn look(&mut self, path: &str) -> Page {
        self.browser.open(self.usher.url(&format!("/account{path}"))).await.page()
    }

    /// Sends a form, and signs in where that is asked first.
    pub async fn submit(&mut self, form: Form) -> Page {
        let landing = self.browser.submit(form).await;
        self.sign_in(landing).await
    }

    /// Sends a form and answers nothing.
    pub async fn send(&mut self, form: Form) -> Page {
        self.browser.submit(form).await.page()
    }

    async fn sign_in(&mut self, mut landing: Landing) -> Page {
        for _ in 0..4 {
            let page = landing.page();
            if !is_sign_in(&page) {
                return page;
            }
            let form = match &self.key {
                Some(key) if !page.has("#password") => {
                    self.usher.advance(totp::STEP);
                    let code = totp::code(key, self.usher.clock.now());
                    page.form_with("code").set("code", &code).set("act", "code")
                }
                _ => page.form_with("password").set("username", self.who.0).set("password", self.who.1),
            };
            landing = self.browser.submit(form).await;
        }
        panic!("asked again and again: {}", landing.page());
    }

    /// Sets up an authenticator app, and saves the recovery codes that come with the first one.
    pub async fn add_app(&mut self) -> Vec<String> {
        let page = self.open("/security/app").await;
        let key = page.text("#totp-key");
        let code = totp::code(&key, self.usher.clock.now());
        let page = self.send(page.form_with("code").set("code", &code)).await;
        self.key = Some(key);
        if !page.has("#recovery-codes") {
            return Vec::new();
        }
        let codes = page.texts("#recovery-codes code");
        let page = self.send(page.form_with("saved").set("saved", "on")).await;
        assert_eq!(page.url.path(), "/account/security", "{page}");
        codes
    }

    /// The account's id.
    pub async fn id(&self) -> String {
        let sql = format!("SELECT id FROM users WHERE username = '{}'", self.who.0);
        self.usher.database.texts(&sql).await.remove(0)
    }

    /// What the audit holds about it, oldest first.
    pub async fn audited(&self, action: &str) -> i64 {
        let id = self.id().await;
        let sql = format!("SELECT count(*) FROM audit WHERE action = '{action}' AND object = 'user:{id}'");
        self.usher.database.count(&sql).await
    }
}

/// Whether a page is one of the sign-in, not of the account.
pub fn is_sign_in(page: &Page) -> bool {
    page.url.path().starts_with("/login/")
}

/// The subjects of the mails so far, once there are so many, in the order of the alphabet: mails of one moment overtake
/// each other.
pub async fn subjects(sink: &Sink, count: usize) -> Vec<String> {
    let mut subjects: Vec<String> = sink.wait_for(count).await.iter().map(Received::subject).collect();
    subjects.sort();
    subjects
}
