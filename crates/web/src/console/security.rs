//! Settings › Security: what is asked of passwords and sessions.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use usher_broker::security::{self, SecurityForm};

use super::session::{Answer, Console, Posted, Rejected};
use crate::pages::console::{FlashKind, Section, SecuritySettingsPage};
use crate::pages::paths::routes;
use crate::state::App;

const SECTION: Section = Section::Settings;

pub fn routes() -> Router<App> {
    Router::new().route(routes::SETTINGS_SECURITY, get(show).post(save))
}

async fn show(console: Console) -> Answer {
    let form = SecurityForm::from(&console.broker().snapshot().security);
    Ok(page(&console, form, Rejected::none()))
}

fn page(console: &Console, form: SecurityForm, rejected: Rejected) -> Response {
    let view = SecuritySettingsPage { shell: console.shell(SECTION), form, errors: rejected.errors };
    console.page_as(rejected.status, view)
}

async fn save(Posted { console, fields }: Posted) -> Answer {
    let form = SecurityForm {
        min_characters: fields.owned("min_characters"),
        breach_list: fields.owned("breach_list"),
        door_failures: fields.owned("door_failures"),
        account_failures: fields.owned("account_failures"),
        lock_minutes: fields.owned("lock_minutes"),
        session_hours: fields.owned("session_hours"),
    };
    match security::change(console.broker(), &console.admin, &form, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::SETTINGS_SECURITY, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(page(&console, form, rejected))
        }
    }
}
