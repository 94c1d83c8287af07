//! A person's browser: one cookie jar per sign-in, redirects one at a time, pages by the rules of a profile. The
//! connections below are kept alive from one sign-in to the next, as those of a browser are.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::fault::Fault;
use crate::jose;
use crate::profile::{Detour, PageRule, filled};

/// Longest a person waits for one answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Redirects and pages after which a sign-in goes in circles.
const FARTHEST: u32 = 40;

/// A client that follows nothing and keeps only connections.
#[expect(clippy::disallowed_methods, reason = "the harness talks to brokers as strangers do, not through `outbound`")]
pub fn client() -> Result<reqwest::Client, Fault> {
    let local = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    Ok(builder.tls_certs_only([]).resolve("localhost", local).tcp_nodelay(true).timeout(PATIENCE).build()?)
}

/// A client that follows redirects and keeps cookies, to open one page.
#[expect(clippy::disallowed_methods, reason = "the harness talks to brokers as strangers do, not through `outbound`")]
pub fn following() -> Result<reqwest::Client, Fault> {
    let local = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let builder = reqwest::Client::builder().cookie_store(true).no_proxy().tls_certs_only([]);
    Ok(builder.resolve("localhost", local).tcp_nodelay(true).timeout(PATIENCE).build()?)
}

/// The authenticator app of a person.
#[derive(Debug, Clone, Default)]
pub struct App {
    /// Its key, once it is set up.
    pub key: Option<String>,
    /// The thirty-second step whose code is typed next.
    pub step: i64,
}

/// A browser in the middle of one sign-in.
pub struct Browser<'a> {
    client: &'a reqwest::Client,
    rules: &'a [PageRule],
    /// Where the person comes from, as a proxy would tell.
    address: String,
    detour: &'a Detour,
    cookies: Vec<(String, String, String)>,
    /// The person's authenticator app.
    pub app: App,
    /// Requests made.
    pub requests: u32,
}

struct Step {
    method: Method,
    url: Url,
    body: Option<String>,
    from: Option<String>,
}

impl<'a> Browser<'a> {
    /// An empty jar over a client's connections.
    pub fn new(client: &'a reqwest::Client, (rules, detour): (&'a [PageRule], &'a Detour), app: App) -> Self {
        Self { client, rules, address: address(), detour, cookies: Vec::new(), app, requests: 0 }
    }

    /// Puts a cookie in the jar.
    pub fn keep(&mut self, origin: &str, name: &str, value: &str) {
        self.cookies.retain(|(known, other, _)| known != origin || other != name);
        self.cookies.push((origin.to_owned(), name.to_owned(), value.to_owned()));
    }

    /// Walks from an address until one that starts with `end`, and gives that.
    pub async fn walk(&mut self, from: Url, end: &str) -> Result<Url, Fault> {
        let mut step = Step { method: Method::GET, url: from, body: None, from: None };
        for _ in 0..FARTHEST {
            if step.url.as_str().starts_with(end) {
                return Ok(step.url);
            }
            step = self.one(step).await?;
        }
        Err(Fault::told(format!("the sign-in goes in circles, last to {}", step.url)))
    }

    async fn one(&mut self, step: Step) -> Result<Step, Fault> {
        let origin = step.url.origin().ascii_serialization();
        let mut request = self.detour.request(self.client, step.method.clone(), step.url.as_str());
        request = request
            .header("x-forwarded-for", &self.address)
            .header("accept", "text/html,application/xhtml+xml")
            .header("accept-language", "en");
        let cookies = self.cookies_of(&origin);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        if let Some(from) = &step.from {
            request = request.header("origin", from);
        }
        if let Some(body) = step.body.clone() {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await?;
        self.requests += 1;
        let status = response.status().as_u16();
        self.keep_all(&origin, response.headers());
        let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = response.text().await?;
        if let (300..400, Some(target)) = (status, target) {
            let url = step.url.join(&target)?;
            return match status {
                307 | 308 => Ok(Step { url, ..step }),
                _ => Ok(Step { method: Method::GET, url, body: None, from: None }),
            };
        }
        let stopped = || Fault::Stopped { at: step.url.to_string(), status, text: excerpt(&text) };
        if status != 200 {
            return Err(stopped());
        }
        self.act(&step.url, &text)?.ok_or_else(stopped)
    }

    fn cookies_of(&self, origin: &str) -> String {
        let own = self.cookies.iter().filter(|(known, _, _)| known == origin);
        own.map(|(_, name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_all(&mut self, origin: &str, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let pair = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let lower = line.to_ascii_lowercase();
            if lower.contains("max-age=0") || lower.contains("01 jan 1970") {
                self.cookies.retain(|(known, other, _)| known != origin || other != name);
            } else {
                self.keep(origin, name, value);
            }
        }
    }

    /// What the first rule that fits says; `None` where no rule does. A page that is nothing but a form of hidden fields
    /// sends itself, as scripts make it.
    fn act(&mut self, at: &Url, text: &str) -> Result<Option<Step>, Fault> {
        let html = Html::parse_document(text);
        for rule in self.rules {
            let Some(found) = html.select(&selector(&rule.has)?).next() else { continue };
            if let Some(link) = &rule.learn {
                self.app.key = secret(&html, link)?;
            }
            return match &rule.click {
                Some(link) => follow(at, &html, link),
                None => self.send(at, &html, found, rule),
            };
        }
        let (form, shown) = (selector("form")?, selector("input:not([type=hidden]):not([type=submit])")?);
        let mut forms = html.select(&form);
        let first = forms.next();
        match (first, forms.next()) {
            (Some(form), None) if form.select(&shown).next().is_none() => Ok(Some(sent(at, form, fields(form)?)?)),
            _ => Ok(None),
        }
    }

    fn send(&self, at: &Url, html: &Html, found: ElementRef<'_>, rule: &PageRule) -> Result<Option<Step>, Fault> {
        let around = found.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form");
        let first = selector("form")?;
        let own = (found.value().name() == "form").then_some(found);
        let Some(form) = own.or(around).or_else(|| html.select(&first).next()) else { return Ok(None) };
        let code = self.app.key.as_deref().and_then(|key| jose::totp(key, self.app.step)).unwrap_or_default();
        let mut given = fields(form)?;
        for (name, value) in &rule.fill {
            given.retain(|(known, _)| known != name);
            given.push((name.clone(), filled(value, &[("totp", &code)])));
        }
        Ok(Some(sent(at, form, given)?))
    }
}

/// An address of the network 10.0.0.0/8, another one for each sign-in.
fn address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let [_, second, third, fourth] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("10.{second}.{third}.{fourth}")
}

fn follow(at: &Url, html: &Html, link: &str) -> Result<Option<Step>, Fault> {
    let Some(href) = html.select(&selector(link)?).next().and_then(|link| link.attr("href")) else { return Ok(None) };
    Ok(Some(Step { method: Method::GET, url: at.join(href)?, body: None, from: None }))
}

fn sent(at: &Url, form: ElementRef<'_>, given: Vec<(String, String)>) -> Result<Step, Fault> {
    let mut url = at.join(form.attr("action").unwrap_or(""))?;
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")) {
        let from = Some(at.origin().ascii_serialization());
        return Ok(Step { method: Method::POST, url, body: Some(encoded), from });
    }
    url.set_query(Some(&encoded));
    Ok(Step { method: Method::GET, url, body: None, from: None })
}

/// The fields that a browser would send.
fn fields(form: ElementRef<'_>) -> Result<Vec<(String, String)>, Fault> {
    let controls = selector("input[name]")?;
    let sent = form.select(&controls).filter(|control| match control.attr("type").unwrap_or("text") {
        "submit" | "button" | "file" => false,
        "checkbox" | "radio" => control.attr("checked").is_some(),
        _ => true,
    });
    let pair = |control: ElementRef<'_>| {
        (control.attr("name").unwrap_or_default().to_owned(), control.attr("value").unwrap_or_default().to_owned())
    };
    Ok(sent.map(pair).collect())
}

/// The key in an `otpauth:` link.
fn secret(html: &Html, link: &str) -> Result<Option<String>, Fault> {
    let Some(href) = html.select(&selector(link)?).next().and_then(|link| link.attr("href")) else { return Ok(None) };
    let url = Url::parse(href)?;
    Ok(url.query_pairs().find(|(name, _)| name == "secret").map(|(_, key)| key.into_owned()))
}

fn selector(css: &str) -> Result<Selector, Fault> {
    Selector::parse(css).map_err(|fault| Fault::told(format!("the selector {css} is none: {fault}")))
}

/// The beginning of an answer, blanks folded.
fn excerpt(text: &str) -> String {
    let body = text.find("<body").and_then(|at| text.get(at..)).unwrap_or(text);
    body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(600).collect()
}
