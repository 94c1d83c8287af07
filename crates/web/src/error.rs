//! The one error of the web front: a page with a stable code, what to do, and the correlation id.
//!
//! Unknown errors are 500 on purpose, written here; nothing becomes one by a blanket conversion.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
pub use usher_broker::chain;
use usher_broker::{Failure, Refusal};
use usher_domain::{CorrelationId, FlowId, RefusalCode};

use crate::pages::{self, Page, RefusalAction, RefusalPage, Ui};
use crate::state::App;

/// Header that carries the correlation id of every answer.
pub const CORRELATION_HEADER: &str = "x-correlation-id";

/// A failed request, ready to be shown.
pub struct WebError(Box<Answer>);

enum Answer {
    Page(Shown),
    /// Nothing failed for good: the dispatcher of this flow says what comes next.
    GoOn(FlowId),
}

struct Shown {
    page: RefusalPage,
    retry_after: Option<u64>,
}

impl WebError {
    /// Shows a failure as a page.
    pub fn page(app: &App, failure: Failure, ui: Ui, correlation: CorrelationId) -> Self {
        let (refusal, retry_after) = match failure {
            Failure::ScriptAnswers(flow) => return Self(Box::new(Answer::GoOn(flow))),
            Failure::Refused(refusal) => {
                tracing::info!(code = %refusal.code, correlation = %refusal.correlation, "refused");
                let wait = refusal.retry_after;
                (*refusal, wait)
            }
            Failure::Fault(fault) => {
                let code = fault.code();
                let chain = chain(&fault);
                tracing::error!(%code, %correlation, fault = %chain, "fault");
                let wait = (code == RefusalCode::Unavailable).then_some(5);
                (Refusal::bare(code, correlation, app.broker.now()), wait)
            }
        };
        let actions = actions(app, &refusal);
        let page = RefusalPage {
            ui,
            code: refusal.code,
            provider: refusal.connection,
            detail: refusal.said,
            wait_minutes: refusal.retry_after.map(|seconds| seconds.div_ceil(60)),
            actions,
            correlation: refusal.correlation,
            at: refusal.at,
        };
        Self(Box::new(Answer::Page(Shown { page, retry_after })))
    }
}

fn actions(app: &App, refusal: &Refusal) -> Vec<RefusalAction> {
    let mut actions = Vec::new();
    let restartable = !matches!(
        refusal.code,
        RefusalCode::TxExpired | RefusalCode::TxOtherBrowser | RefusalCode::TxAlreadyUsed | RefusalCode::LinkMismatch
    );
    if let (Some(flow), true) = (&refusal.flow, restartable) {
        actions.push(RefusalAction::Restart {
            action: pages::paths::login_restart(flow),
            csrf: app.broker.csrf_token(&format!("flow:{flow}")),
        });
    }
    if let Some(url) = &refusal.home_url {
        actions.push(RefusalAction::StartAgain { url: url.clone() });
    }
    actions
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let Shown { page, retry_after } = match *self.0 {
            Answer::Page(shown) => shown,
            Answer::GoOn(flow) => return see_other(&pages::paths::login(&flow)),
        };
        let status = page.status();
        let correlation = page.correlation.clone();
        let mut response = (status, Page(page)).into_response();
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
            headers.insert(CORRELATION_HEADER, value);
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// `303 See Other`; a location that cannot be a header is a fault of ours.
pub fn see_other(location: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(location) {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, value)]).into_response();
    }
    tracing::error!("a redirect target is not a header value");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Adds a `Set-Cookie`.
pub fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
