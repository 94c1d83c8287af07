//! What goes back to an application through the browser.

use usher_oidc_provider::responses::AuthorizationAnswer;

/// The final answer of an authorization request, and whether a session began with it.
#[derive(Debug, Clone)]
pub struct AnswerToApplication {
    /// Redirect or auto-submit form.
    pub answer: AuthorizationAnswer,
    /// The session cookie that the browser must take over, as the session layer's adopt key carries it.
    pub session: Option<NewSession>,
    /// Origin of the application, for the log.
    pub application: usher_domain::ApplicationId,
    /// What the script of the sign-in adds to the response.
    pub beside: Beside,
}

impl AnswerToApplication {
    /// An answer with which no session begins.
    pub fn plain(answer: AuthorizationAnswer, application: usher_domain::ApplicationId) -> Self {
        Self { answer, session: None, application, beside: Beside::default() }
    }
}

/// What a script adds to the last response of its sign-in.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Cookies, sealed.
    pub cookies: Vec<ScriptCookie>,
    /// Headers of the engine's allow-list, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A cookie that a script sets.
#[derive(Debug, Clone)]
pub struct ScriptCookie {
    /// The part of the name that says whose it is.
    pub id: String,
    /// The sealed value; empty where the cookie goes.
    pub value: usher_domain::SecretText,
    /// Seconds; absent: as long as the browser runs.
    pub max_age: Option<u32>,
    /// When browsers send it.
    pub same_site: ScriptSameSite,
}

/// When browsers send a cookie of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptSameSite {
    /// Never with a request that another site began.
    Strict,
    /// With navigations only.
    Lax,
    /// Always.
    None,
}

/// A session row that `finish` wrote.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Text of the cookie's id.
    pub cookie: usher_domain::SecretText,
    /// The connection to remember as last used.
    pub connection: Option<usher_domain::ConnectionId>,
    /// The browser is remembered from now on.
    pub device: Option<RememberedDevice>,
}

/// A browser that second factors are not asked of for a while.
#[derive(Debug, Clone)]
pub struct RememberedDevice {
    /// Value of its cookie.
    pub cookie: usher_domain::SecretText,
    /// For how many days.
    pub days: u16,
}
