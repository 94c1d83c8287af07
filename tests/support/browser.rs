//! A scripted browser: cookies, redirects, links and forms, as a person with scripts switched off sees them.
//!
//! It keeps what real browsers keep (RFC 6265bis): cookies by host whatever the port, `SameSite` by
//! who caused the navigation, `__Host-` only in its strict shape. `localhost` and `127.0.0.1` are
//! two sites. It leaves the stage at the first address that the test did not make reachable: that
//! is where an application's redirect URI lies.

use std::net::SocketAddr;

use http::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::Method;
use url::{Origin, Url};

use super::http::{self as wire, Answered};
use super::page::{Form, Page};

/// Where a walk ended.
#[derive(Debug)]
pub enum Landing {
    /// On a page.
    Page(Page),
    /// On the way to an address outside, such as an application's redirect URI.
    Left(Url),
}

impl Landing {
    /// The page, which must be there.
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Left(url) => panic!("expected a page, was sent to {url}"),
        }
    }

    /// The outside address, which must be there.
    pub fn left(self) -> Url {
        match self {
            Self::Left(url) => url,
            Self::Page(page) => panic!("expected to leave, but: {page}"),
        }
    }
}

/// A cookie as the server set it.
#[derive(Debug, Clone)]
pub struct Cookie {
    pub host: String,
    pub name: String,
    pub value: String,
    /// The whole `Set-Cookie` line.
    pub line: String,
    path: String,
    same_site: SameSite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

/// Who caused a navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Initiator {
    /// The person, at the address bar.
    Person,
    /// A page of this origin.
    Page(Url),
}

/// One exchange that the browser made.
#[derive(Debug, Clone)]
pub struct Visit {
    pub method: Method,
    pub url: Url,
    pub answer: Answered,
}

/// A browser with a cookie jar of its own. Cloning copies the jar: two tabs that then race.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    reach: Vec<(Origin, SocketAddr)>,
    cookies: Vec<Cookie>,
    comes_from: String,
    /// Everything it fetched, in order.
    pub history: Vec<Visit>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// An empty browser that reaches nothing yet.
    pub fn new() -> Self {
        Self {
            client: wire::client(),
            reach: Vec::new(),
            cookies: Vec::new(),
            comes_from: "203.0.113.7".into(),
            history: Vec::new(),
        }
    }

    /// Lets the browser reach an origin at an address; the latest word counts, so a test can move
    /// a browser to another node. `https` origins are reached as through a TLS-ending proxy.
    pub fn reaches(&mut self, origin: &str, address: SocketAddr) {
        let origin = Url::parse(origin).expect("an origin").origin();
        self.reach.retain(|(known, _)| *known != origin);
        self.reach.push((origin, address));
    }

    /// The address that a proxy in front of Usher would tell of; without one it is a lie.
    pub fn comes_from(&mut self, address: &str) {
        address.clone_into(&mut self.comes_from);
    }

    /// The cookies now in the jar.
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    /// The cookie whose name holds `part`.
    pub fn cookie(&self, part: &str) -> Option<&Cookie> {
        self.cookies.iter().find(|c| c.name.contains(part))
    }

    /// Puts a cookie in the jar, as somebody with a foothold on a sibling name would.
    pub fn plant(&mut self, cookie: Cookie) {
        self.cookies.push(cookie);
    }

    /// Forgets every cookie but those whose name holds `part`, as a thief who has only these.
    pub fn forget_all_but(&mut self, part: &str) {
        self.cookies.retain(|c| c.name.contains(part));
    }

    /// Types an address and walks on until a page or the outside.
    pub async fn open(&mut self, url: impl AsRef<str>) -> Landing {
        let url = Url::parse(url.as_ref()).unwrap_or_else(|e| panic!("{e}: {}", url.as_ref()));
        self.walk(Step::get(url, Initiator::Person), |_| false).await
    }

    /// Follows a link that a page of another origin carries.
    pub async fn open_from(&mut self, page: &str, url: impl AsRef<str>) -> Landing {
        let url = Url::parse(url.as_ref()).expect("a URL");
        self.walk(Step::get(url, Initiator::Page(Url::parse(page).expect("a URL"))), |_| false).await
    }

    /// Follows the link of `page` whose address holds `part`.
    pub async fn click(&mut self, page: &Page, part: &str) -> Landing {
        self.walk(Step::get(page.link(part), Initiator::Page(page.url.clone())), |_| false).await
    }

    /// Follows a link and stops **before** the first address that holds `stop`, returning it.
    pub async fn click_until(&mut self, page: &Page, part: &str, before: &str) -> Url {
        let step = Step::get(page.link(part), Initiator::Page(page.url.clone()));
        self.walk(step, |url| url.as_str().contains(before)).await.left()
    }

    /// Types an address and walks on until a page, the outside, or the first address that holds `stop`.
    pub async fn open_until_page_or(&mut self, url: impl AsRef<str>, stop: &str) -> Landing {
        let url = Url::parse(url.as_ref()).expect("a URL");
        self.walk(Step::get(url, Initiator::Person), |next| next.as_str().contains(stop)).await
    }

    /// Submits a form as its own page would.
    pub async fn submit(&mut self, form: Form) -> Landing {
        let from = form.page.clone();
        self.submit_from(from, form).await
    }

    /// Submits a form from a page of another origin.
    pub async fn submit_from(&mut self, from: Url, form: Form) -> Landing {
        let step = if form.method == "POST" {
            let body = Some(form.encoded());
            Step { method: Method::POST, url: form.action.clone(), by: Initiator::Page(from), body }
        } else {
            let mut url = form.action.clone();
            url.set_query(Some(&form.encoded()));
            Step::get(url, Initiator::Page(from))
        };
        self.walk(step, |_| false).await
    }

    /// Fetches one address with the browser's cookies and follows nothing.
    pub async fn hop(&mut self, url: impl AsRef<str>) -> Answered {
        let url = Url::parse(url.as_ref()).expect("a URL");
        let address = self.address(&url).unwrap_or_else(|| panic!("{url} is out of reach"));
        self.exchange(&Step::get(url, Initiator::Person), address, false).await
    }

    async fn walk(&mut self, mut step: Step, is_end: impl Fn(&Url) -> bool) -> Landing {
        let mut crossed = false;
        for _ in 0..20 {
            let Some(address) = self.address(&step.url) else { return Landing::Left(step.url) };
            if is_end(&step.url) {
                return Landing::Left(step.url);
            }
            crossed |= step.is_cross_site();
            let answer = self.exchange(&step, address, crossed).await;
            let target = answer.headers.get(LOCATION).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let Some(target) = target.filter(|_| (300..400).contains(&answer.status)) else {
                return Landing::Page(Page::new(step.url, answer));
            };
            let next = step.url.join(&target).unwrap_or_else(|e| panic!("bad Location {target}: {e}"));
            if !matches!(answer.status, 307 | 308) {
                (step.method, step.body) = (Method::GET, None);
            }
            step.url = next;
        }
        panic!("more than 20 redirects, last to {}", step.url);
    }

    fn address(&self, url: &Url) -> Option<SocketAddr> {
        let origin = url.origin();
        self.reach.iter().find(|(known, _)| *known == origin).map(|(_, address)| *address)
    }

    async fn exchange(&mut self, step: &Step, address: SocketAddr, crossed: bool) -> Answered {
        let url = &step.url;
        let host = url.host_str().expect("a host");
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut target = url.clone();
        target.set_scheme("http").expect("http");
        target.set_ip_host(address.ip()).expect("an address");
        target.set_port(Some(address.port())).expect("a port");
        let mut request = self.client.request(step.method.clone(), target).header("host", authority);
        request = request.header("accept", "text/html,application/xhtml+xml").header("accept-language", "en");
        request = request.header("x-forwarded-for", &self.comes_from);
        if url.scheme() == "https" {
            request = request.header("x-forwarded-proto", "https");
        }
        for (name, value) in step.fetch_metadata(crossed) {
            request = request.header(name, value);
        }
        let cookies = self.cookies_for(step, crossed);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        if let Some(body) = &step.body {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        }
        let answer = wire::send(request).await;
        for line in answer.headers.get_all(SET_COOKIE) {
            self.keep(url, line.to_str().expect("a printable cookie"));
        }
        self.history.push(Visit { method: step.method.clone(), url: url.clone(), answer: answer.clone() });
        answer
    }

    fn cookies_for(&self, step: &Step, crossed: bool) -> String {
        let host = step.url.host_str().unwrap_or("");
        let fits = |c: &&Cookie| {
            let sent = match c.same_site {
                SameSite::None => true,
                SameSite::Lax => !crossed || step.method == Method::GET,
                SameSite::Strict => !crossed,
            };
            sent && c.host == host && step.url.path().starts_with(&c.path)
        };
        let pairs: Vec<String> = self.cookies.iter().filter(fits).map(|c| format!("{}={}", c.name, c.value)).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, url: &Url, line: &str) {
        let cookie = Cookie::parse(url, line);
        self.cookies.retain(|c| (&c.host, &c.name, &c.path) != (&cookie.host, &cookie.name, &cookie.path));
        let lower = line.to_ascii_lowercase();
        let gone = lower.contains("max-age=0") || lower.contains("max-age=-") || lower.contains("01 jan 1970");
        if !gone {
            self.cookies.push(cookie);
        }
    }
}

impl Cookie {
    /// Reads a `Set-Cookie` line and holds it against the rules that browsers enforce.
    pub fn parse(url: &Url, line: &str) -> Self {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|p| p.split_once('=')).expect("a cookie has name and value");
        let attributes: Vec<(String, String)> = parts
            .map(|p| p.split_once('=').unwrap_or((p, "")))
            .map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned()))
            .collect();
        let find = |key: &str| attributes.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        if name.starts_with("__Host-") {
            assert!(find("secure").is_some() && find("domain").is_none() && find("path") == Some("/"), "{line}");
        }
        let same_site = match find("samesite").map(str::to_ascii_lowercase).as_deref() {
            Some("strict") => SameSite::Strict,
            Some("none") => SameSite::None,
            _ => SameSite::Lax,
        };
        Self {
            host: url.host_str().unwrap_or("").to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            line: line.to_owned(),
            path: find("path").unwrap_or("/").to_owned(),
            same_site,
        }
    }
}

struct Step {
    method: Method,
    url: Url,
    by: Initiator,
    body: Option<String>,
}

impl Step {
    fn get(url: Url, by: Initiator) -> Self {
        Self { method: Method::GET, url, by, body: None }
    }

    fn is_cross_site(&self) -> bool {
        let Initiator::Page(from) = &self.by else { return false };
        (from.scheme(), from.host_str()) != (self.url.scheme(), self.url.host_str())
    }

    fn fetch_metadata(&self, crossed: bool) -> Vec<(String, String)> {
        let site = match &self.by {
            Initiator::Person => "none",
            Initiator::Page(_) if crossed => "cross-site",
            Initiator::Page(from) if from.origin() == self.url.origin() => "same-origin",
            Initiator::Page(_) => "same-site",
        };
        let mut headers = vec![
            ("sec-fetch-site".to_owned(), site.to_owned()),
            ("sec-fetch-mode".to_owned(), "navigate".to_owned()),
            ("sec-fetch-dest".to_owned(), "document".to_owned()),
        ];
        if let (Initiator::Page(from), true) = (&self.by, self.method == Method::POST) {
            headers.push(("origin".to_owned(), from.origin().ascii_serialization()));
        }
        // `Referrer-Policy: same-origin`, as the pages say.
        if let Initiator::Page(from) = &self.by
            && from.origin() == self.url.origin()
        {
            headers.push(("referer".to_owned(), from.to_string()));
        }
        headers
    }
}
