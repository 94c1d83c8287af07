//! One complete sign-in: from the application through broker and provider, back with a code, redeemed, and the ID token
//! checked. Also who was who, so that two people who were taken for one stop the run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::browser::{App, Browser};
use crate::clock;
use crate::fault::Fault;
use crate::jose::{self, KeySet};
use crate::profile::{ClientAuth, Detour, Profile};
use crate::upstream::{self, WHO};

/// A broker as people reach it.
pub struct Target {
    profile: Profile,
    detour: Detour,
    keys: KeySet,
    provider: String,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    subjects: HashMap<String, String>,
    people: HashMap<String, String>,
}

/// Somebody about to sign in.
#[derive(Debug, Clone)]
pub struct Who {
    /// The subject at the provider.
    pub subject: String,
    /// Their authenticator app.
    pub app: App,
}

/// A sign-in that went well.
#[derive(Debug)]
pub struct SignedIn {
    /// Requests that the browser made.
    pub browser_requests: u32,
    /// The authenticator app, as it is now.
    pub app: App,
}

impl Who {
    /// Somebody without an authenticator app.
    pub fn named(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), app: App::default() }
    }
}

impl Target {
    /// Fetches the broker's keys.
    pub async fn new(client: &reqwest::Client, profile: Profile, provider: &str) -> Result<Self, Fault> {
        Self::by_detour(client, profile, provider, Detour::default()).await
    }

    /// The same, where people reach it at another address than it believes.
    pub async fn by_detour(
        client: &reqwest::Client,
        profile: Profile,
        provider: &str,
        detour: Detour,
    ) -> Result<Self, Fault> {
        let answer = detour.request(client, reqwest::Method::GET, &profile.jwks).send().await?;
        let keys = KeySet::parse(&answer.json::<Value>().await?);
        Ok(Self { profile, detour, keys, provider: provider.to_owned(), seen: Mutex::default() })
    }

    /// How the broker is called.
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// Signs somebody in with an empty cookie jar.
    pub async fn sign_in(&self, client: &reqwest::Client, who: &Who) -> Result<SignedIn, Fault> {
        let (state, nonce, verifier) = (clock::random()?, clock::random()?, clock::random()? + &clock::random()?);
        let mut browser = Browser::new(client, (&self.profile.page, &self.detour), who.app.clone());
        browser.keep(&self.provider, WHO, &who.subject);
        browser.keep(&upstream::by_name(&self.provider), WHO, &who.subject);
        let landed = browser.walk(self.start(&state, &nonce, &verifier)?, &self.profile.redirect_uri).await?;
        let find = |name: &str| landed.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let code = find("code").ok_or_else(|| Fault::told(format!("no code in {landed}")))?;
        if find("state").as_deref() != Some(&state) {
            return Err(Fault::told(format!("another state in {landed}")));
        }
        let claims = self.redeem(client, &code, &verifier).await?;
        self.check(&claims, &nonce, &who.subject)?;
        Ok(SignedIn { browser_requests: browser.requests, app: browser.app })
    }

    /// The authorization request.
    pub fn start(&self, state: &str, nonce: &str, verifier: &str) -> Result<Url, Fault> {
        let mut url = Url::parse(&self.profile.authorize)?;
        let challenge = jose::challenge(verifier);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.profile.client_id)
            .append_pair("redirect_uri", &self.profile.redirect_uri)
            .append_pair("scope", &self.profile.scope)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(&self.profile.parameters);
        Ok(url)
    }

    async fn redeem(&self, client: &reqwest::Client, code: &str, verifier: &str) -> Result<Value, Fault> {
        let profile = &self.profile;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", profile.redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        let mut request = self.detour.request(client, reqwest::Method::POST, &profile.token);
        match profile.client_auth {
            ClientAuth::Basic => request = request.header("authorization", basic(profile)),
            ClientAuth::Post => {
                form.extend([("client_id", profile.client_id.as_str()), ("client_secret", &profile.client_secret)]);
            }
        }
        let response = request.form(&form).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        if status != 200 {
            return Err(Fault::Stopped { at: profile.token.clone(), status, text });
        }
        let answer: Value = serde_json::from_str(&text)?;
        let token = answer.get("id_token").and_then(Value::as_str).unwrap_or_default();
        self.keys.verify(token)
    }

    /// OIDC Core 3.1.3.7, as far as an application of one broker needs it.
    fn check(&self, claims: &Value, nonce: &str, who: &str) -> Result<(), Fault> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let wrong = |what: &str| Err(Fault::Token(format!("{what} of {claims}")));
        let app = self.profile.client_id.as_str();
        let audience = claims.get("aud");
        let several = audience.and_then(Value::as_array);
        let is_for_us = text("aud") == app || several.is_some_and(|all| all.iter().any(|one| one == app));
        if !is_for_us {
            return wrong("aud");
        }
        if self.profile.issuer.as_deref().is_some_and(|issuer| text("iss") != issuer) {
            return wrong("iss");
        }
        if text("nonce") != nonce {
            return wrong("nonce");
        }
        if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= clock::now()) {
            return wrong("exp");
        }
        self.remember(who, text("sub"))
    }

    /// One person, one subject, always.
    fn remember(&self, who: &str, sub: &str) -> Result<(), Fault> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.subjects.entry(who.to_owned()).or_insert_with(|| sub.to_owned());
        if sub.is_empty() || known != sub {
            return Err(Fault::Token(format!("{who} was {known}, and is {sub}")));
        }
        let person = seen.people.entry(sub.to_owned()).or_insert_with(|| who.to_owned());
        if person == who { Ok(()) } else { Err(Fault::Token(format!("{who} and {person} are both {sub}"))) }
    }
}

/// `Authorization: Basic` with form-encoded halves (RFC 6749 section 2.3.1).
fn basic(profile: &Profile) -> String {
    let half = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", half(&profile.client_id), half(&profile.client_secret))))
}
