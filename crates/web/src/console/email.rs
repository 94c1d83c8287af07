//! Settings › Email: what is configured, what waits, what failed last, and a test.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::mail::{self, MailSecurity, MailServer};
use usher_domain::AttributeName;

use super::session::{Answer, Console, Posted, Rejected, Stop};
use crate::forms::FormErrors;
use crate::pages::console::{EmailSettingsPage, FlashKind, Section, TestMailForm};
use crate::pages::paths::routes;
use crate::pages::{Fact, Ui};
use crate::state::App;

const SECTION: Section = Section::Settings;

pub fn routes() -> Router<App> {
    Router::new().route(routes::SETTINGS_EMAIL, get(show).post(test))
}

async fn show(console: Console) -> Answer {
    let to = own_address(&console);
    page(&console, TestMailForm { to }, Rejected { status: StatusCode::OK, errors: FormErrors::none() }).await
}

/// The admin's own address, as a start.
fn own_address(console: &Console) -> String {
    let email = AttributeName::parse("email").ok().and_then(|name| console.admin.user.attributes.get(&name));
    email.and_then(|value| value.values.first().cloned()).unwrap_or_default()
}

async fn page(console: &Console, form: TestMailForm, rejected: Rejected) -> Result<Response, Stop> {
    let status = mail::status(console.broker()).await.map_err(|fault| console.fail(fault))?;
    let waiting = u64::try_from(status.waiting).unwrap_or(0);
    let view = EmailSettingsPage {
        shell: console.shell(SECTION),
        facts: status.server.map(|server| facts(&console.ui, server)).unwrap_or_default(),
        waiting: console.ui.count("mail-waiting", "number", waiting),
        last_failure: status.last_failure.map(|failure| (failure.at, failure.text)),
        form,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

fn facts(ui: &Ui, server: MailServer) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
    let security = match server.security {
        MailSecurity::Tls => "mail-security-tls",
        MailSecurity::StartTls => "mail-security-starttls",
        MailSecurity::Plain => "mail-security-plain",
    };
    let mut facts = vec![fact("Server", server.address), fact("Protection", ui.t(security))];
    facts.extend(server.username.map(|name| fact("User name", name)));
    facts.push(fact("Sender", server.from));
    facts
}

async fn test(Posted { console, fields }: Posted) -> Answer {
    let form = TestMailForm { to: fields.owned("to") };
    match mail::send_test(console.broker(), &console.admin, &form.to, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::SETTINGS_EMAIL, FlashKind::TestMailSent)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            page(&console, form, rejected).await
        }
    }
}
