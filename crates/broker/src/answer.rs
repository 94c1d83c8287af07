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
