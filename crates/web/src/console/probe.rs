//! Test sign-in: an admin walks through a connection and sees what came back; nobody is signed in, nothing is kept.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use usher_broker::login::{ProbeReport, begin_probe};
use usher_domain::Connection;

use super::connections::find;
use super::session::{Answer, Console, Posted};
use super::words;
use crate::error::{see_other, with_cookie};
use crate::i18n::Language;
use crate::pages::console::{ClaimRow, LinkingRow, Reach, Section, Shell, TestResult, TestSignInPage};
use crate::pages::paths::{self, routes};
use crate::pages::{Page, Ui};
use crate::security_headers::PageClass;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_TEST, get(show).post(begin))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    let mut response = console.page(TestSignInPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, &connection),
        result: TestResult::NotRun,
    });
    // Its form leads to the provider, which `form-action 'self'` would stop in Chrome.
    response.extensions_mut().insert(PageClass::Login);
    if console.visitor().browser.is_some() {
        return Ok(response);
    }
    let value = console.broker().fresh_browser_value();
    Ok(with_cookie(response, &console.app.cookies.set_browser(&value)))
}

async fn begin(Path(id): Path<String>, Posted { console, .. }: Posted) -> Answer {
    let connection = find(&console, id)?;
    if console.visitor().browser.is_none() {
        return Ok(see_other(&paths::connection(routes::CONNECTION_TEST, &connection.id)));
    }
    let url = begin_probe(console.broker(), &connection.id, console.visitor()).await;
    url.map(|url| see_other(&url)).map_err(|failure| console.fail(failure))
}

/// The page of a finished test. It stands at the callback's address, outside the console's session: it names no admin
/// and holds no form.
pub fn report(app: &App, report: ProbeReport) -> Response {
    let ui = Ui::new(Language::En);
    let snapshot = app.broker.snapshot();
    let Some(configured) = snapshot.connections.get(&report.connection) else {
        return see_other(routes::CONNECTIONS);
    };
    let view = TestSignInPage {
        connection: words::head(&ui, &configured.connection),
        result: result(&ui, &configured.connection, report),
        shell: Shell {
            ui,
            section: Section::Connections,
            admin: String::new(),
            csrf: String::new(),
            flash: None,
            reach: Reach::Everything,
            frozen: false,
        },
    };
    Page(view).into_response()
}

fn result(ui: &Ui, connection: &Connection, report: ProbeReport) -> TestResult {
    let checks = report.checks.iter().map(|check| words::check(ui, check)).collect();
    if let Some((phase, cause)) = report.failure {
        let fix = ui.t(fix(&phase));
        let reason = format!("{phase}: {cause}");
        return TestResult::Fails { reason, fix, checks, correlation: report.correlation };
    }
    let feeds = |claim: &str| {
        let mapped = connection.mapping.iter().find(|row| row.claim == claim).map(|row| row.attribute.to_string());
        // Without a mapping the standard claims are used under their own names.
        mapped.or_else(|| report.mapped.iter().find(|(name, _)| name == claim).map(|(name, _)| name.clone()))
    };
    let claims = report.claims.iter().map(|(name, value)| ClaimRow {
        name: name.clone(),
        value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        attribute: feeds(name),
    });
    let linking = report.linking.into_iter().map(|row| LinkingRow {
        federated: row.federated,
        local: row.local,
        received: row.received,
    });
    TestResult::Works { claims: claims.collect(), checks, linking: linking.collect(), decision: report.decision }
}

/// What an admin can do about a phase that failed.
fn fix(phase: &str) -> &'static str {
    match phase {
        "discovery" => "test-fix-discovery",
        "keys" => "test-fix-keys",
        "departure" => "test-fix-departure",
        "callback" => "test-fix-callback",
        "token" => "test-fix-token",
        "id_token" => "test-fix-id-token",
        "userinfo" => "test-fix-userinfo",
        _ => "test-fix-other",
    }
}
