//! One person: the head over the tabs, and the account switched on or off. One file for each tab.

mod factors;
mod history;
mod linked;
mod profile;
mod tabs;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::Snapshot;
use usher_broker::console::users::{self, UserDetails};
use usher_domain::{AccountState, ConnectionId, User, UserId};

use super::session::{Answer, Console, Posted, Stop};
use super::users::known;
use super::words;
use crate::error::see_other;
use crate::pages::console::{FlashKind, Section, UserHead};
use crate::pages::paths::{self, routes};
use crate::pages::{Named, Ui};
use crate::state::App;

const SECTION: Section = Section::Users;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::USER, get(open))
        .route(routes::USER_STATE, get(open).post(set_state))
        .merge(profile::routes())
        .merge(linked::routes())
        .merge(factors::routes())
        .merge(tabs::routes())
        .merge(history::routes())
}

async fn find(console: &Console, id: String) -> Result<UserDetails, Stop> {
    let Ok(id) = UserId::parse(id) else { return Err(console.gone(SECTION)) };
    let found = users::details(console.broker(), &id).await.map_err(|fault| console.fail(fault))?;
    found.ok_or_else(|| console.gone(SECTION))
}

fn head(console: &Console, user: &User) -> UserHead {
    let (ui, snapshot) = (&console.ui, console.broker().snapshot());
    let name = known(user, "name");
    UserHead {
        id: user.id.clone(),
        name: Named::new(if name.is_empty() { user.username.as_str() } else { &name }),
        username: user.username.to_string(),
        state: user.state,
        source: words::created_by(ui, &snapshot, &user.created_by),
        created_at: user.created_at,
        version: user.revision,
    }
}

/// Where an address that only takes forms leads when it is opened.
async fn open(Path(id): Path<String>, console: Console) -> Answer {
    let user = find(&console, id).await?.user;
    Ok(see_other(&paths::user(routes::USER_PROFILE, &user.id)))
}

async fn set_state(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let (state, flash) = match fields.text("state") {
        "active" => (AccountState::Active, FlashKind::UserEnabled),
        _ => (AccountState::Disabled, FlashKind::UserDisabled),
    };
    let seen = (&details.user.id, fields.version());
    match users::set_state(console.broker(), &console.admin, seen, state, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_PROFILE, &details.user.id), flash)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(profile::page(&console, &details, None, rejected))
        }
    }
}

/// The name of the connection a person signed in with; without one, that it was the password.
fn signed_in_with(ui: &Ui, snapshot: &Snapshot, connection: Option<&ConnectionId>) -> String {
    match connection {
        Some(id) => words::connection_name(ui, snapshot, id),
        None => ui.t("local-sign-in"),
    }
}
