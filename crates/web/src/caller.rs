//! Who calls: the visitor for the broker, the language for the page, and the way to fail for both.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, header};
use tower_sessions::Session;
use usher_broker::{Failure, Fault, LiveSession, Refusal, Visitor};
use usher_domain::{BrowserSession, ConnectionId, CorrelationId, RefusalCode, SecretText};
use usher_storage::sessions::CookieId;

use crate::error::WebError;
use crate::i18n::{self, Language, Wishes};
use crate::pages::Ui;
use crate::remote;
use crate::state::App;

/// A browser with its cookies, its session and its language.
pub struct Caller {
    /// For the broker.
    pub visitor: Visitor,
    /// The session of this browser, to adopt or to end.
    pub session: Session,
    /// Language that the browser prefers; an application's wish may overrule it.
    pub language: Language,
    wishes: (Option<String>, Option<String>),
}

impl Caller {
    /// The page context in the browser's language.
    pub fn ui(&self) -> Ui {
        Ui::new(self.language)
    }

    /// The page context where the application asked for languages.
    pub fn ui_for(&self, ui_locales: &[String]) -> Ui {
        let wishes = Wishes { ui_locales, cookie: self.wishes.0.as_deref(), accept_language: self.wishes.1.as_deref() };
        Ui::new(i18n::choose(wishes))
    }

    /// A failure as a page in this browser's language.
    pub fn fail(&self, app: &App, failure: impl Into<Failure>) -> WebError {
        WebError::page(app, failure.into(), self.ui(), self.visitor.correlation.clone())
    }

    /// A bare refusal as a page.
    pub fn refuse(&self, app: &App, code: RefusalCode) -> WebError {
        self.fail(app, Refusal::bare(code, self.visitor.correlation.clone(), app.broker.now()))
    }
}

/// The correlation id that the outermost layer gave this request.
pub fn correlation(parts: &Parts, app: &App) -> CorrelationId {
    parts.extensions.get::<CorrelationId>().cloned().unwrap_or_else(|| CorrelationId::random(app.broker.entropy()))
}

/// The visitor without a session, for endpoints that applications call.
pub fn bare_visitor(parts: &Parts, app: &App) -> Visitor {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    Visitor {
        browser: None,
        session: None,
        console: None,
        last_used: None,
        device: None,
        agent: cut(header_text(&parts.headers, header::USER_AGENT)),
        languages: cut(header_text(&parts.headers, header::ACCEPT_LANGUAGE)),
        script_cookies: Vec::new(),
        remote: peer.map(|peer| remote::address(peer, &parts.headers, &app.trusted_proxies)),
        correlation: correlation(parts, app),
    }
}

/// Long enough for every honest browser.
fn cut(text: Option<String>) -> Option<String> {
    text.map(|text| text.chars().take(200).collect())
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl FromRequestParts<App> for Caller {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let mut visitor = bare_visitor(parts, app);
        let cookie = |name: &str| app.cookies.value(&parts.headers, name);
        visitor.browser = cookie(&app.cookies.browser).map(SecretText::new);
        visitor.last_used = cookie(&app.cookies.last).and_then(|id| ConnectionId::parse(id).ok());
        visitor.device = cookie(&app.cookies.device).map(SecretText::new);
        visitor.script_cookies = app.cookies.of_scripts(&parts.headers);
        visitor.console = cookie(&app.cookies.console).and_then(|id| CookieId::parse(&id)).map(CookieId::hash);
        let wishes = (cookie(&app.cookies.language), header_text(&parts.headers, header::ACCEPT_LANGUAGE));
        let language =
            i18n::choose(Wishes { ui_locales: &[], cookie: wishes.0.as_deref(), accept_language: wishes.1.as_deref() });
        let ui = || Ui::new(language);
        let Some(session) = parts.extensions.get::<Session>().cloned() else {
            let fault = Fault::Invariant("the session layer is in place");
            return Err(WebError::page(app, fault.into(), ui(), visitor.correlation));
        };
        match live_session(&session).await {
            Ok(live) => visitor.session = live,
            Err(fault) => return Err(WebError::page(app, fault.into(), ui(), visitor.correlation)),
        }
        Ok(Self { visitor, session, language, wishes })
    }
}

async fn live_session(session: &Session) -> Result<Option<LiveSession>, Fault> {
    let stored = session
        .get::<BrowserSession>(usher_broker::login::SESSION_KEY)
        .await
        .map_err(|fault| Fault::unreadable("session", fault))?;
    let cookie = session.id().and_then(|id| CookieId::parse(&id.to_string()));
    Ok(match (stored, cookie) {
        (Some(session), Some(cookie)) => Some(LiveSession { cookie: cookie.hash(), session }),
        _ => None,
    })
}
