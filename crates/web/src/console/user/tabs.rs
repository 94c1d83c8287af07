//! The tabs Groups and Sessions.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::connections;
use usher_broker::console::groups::{self, is_by_hand};
use usher_broker::console::users::{self, UserDetails};
use usher_domain::{GroupId, RefusalCode, SessionId};

use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{SECTION, find, head, signed_in_with};
use crate::pages::console::{FlashKind, SessionRow, UserGroupRow, UserGroupsPage, UserSessionsPage};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::USER_GROUPS, get(show_groups).post(change_groups))
        .route(routes::USER_SESSIONS, get(show_sessions).post(end_session))
}

async fn show_groups(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    Ok(groups_page(&console, &details, Rejected::none()))
}

fn groups_page(console: &Console, details: &UserDetails, rejected: Rejected) -> Response {
    let all = connections::groups(console.broker());
    let mut rows: BTreeMap<GroupId, UserGroupRow> = BTreeMap::new();
    for membership in &details.memberships {
        let name = all.iter().find(|(id, _)| *id == membership.group).map(|(_, name)| name.clone());
        let row = rows.entry(membership.group.clone()).or_insert_with(|| UserGroupRow {
            id: membership.group.clone(),
            name: name.unwrap_or_default(),
            sources: Vec::new(),
            by_hand: false,
        });
        row.sources.push(words::membership(console, &membership.source));
        row.by_hand |= is_by_hand(&membership.source);
    }
    let others = all.into_iter().filter(|(id, _)| !rows.contains_key(id));
    let view = UserGroupsPage {
        shell: console.shell(SECTION),
        user: head(console, &details.user),
        others: others.map(|(id, name)| (id.to_string(), name)).collect(),
        rows: rows.into_values().collect(),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn change_groups(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let (user, admin, visitor) = (&details.user, &console.admin, console.visitor());
    let Ok(group) = GroupId::parse(fields.text("group")) else {
        let errors = crate::forms::FormErrors::at("group", console.ui.t("error-group-empty"));
        return Ok(groups_page(&console, &details, Rejected::fields(errors)));
    };
    let (done, flash) = if fields.text("action") == "remove" {
        let gone = groups::remove_member(console.broker(), admin, (&group, &user.id), visitor).await;
        (gone, FlashKind::MemberRemoved)
    } else {
        let added = groups::add_member(console.broker(), admin, (&group, user.username.as_str()), visitor).await;
        (added, FlashKind::MemberAdded)
    };
    match done {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_GROUPS, &user.id), flash)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(groups_page(&console, &details, rejected))
        }
    }
}

async fn show_sessions(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    let snapshot = console.broker().snapshot();
    let row = |session: &users::SessionSummary| SessionRow {
        id: session.id.clone(),
        how: match &session.session {
            Some(session) => signed_in_with(&console.ui, &snapshot, session.authentication.connection.as_ref()),
            None => console.ui.t("session-console"),
        },
        created_at: session.created_at,
        expires_at: session.expires_at,
    };
    let view = UserSessionsPage {
        shell: console.helping_shell(SECTION),
        user: head(&console, &details.user),
        rows: details.sessions.iter().map(row).collect(),
    };
    Ok(console.page(view))
}

async fn end_session(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let user = find(&console, id).await?.user.id;
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let (done, flash) = if fields.text("session") == "all" {
        (users::end_sessions(broker, admin, &user, visitor).await, FlashKind::SignedOut)
    } else {
        let Ok(session) = SessionId::parse(fields.text("session")) else { return Err(console.gone(SECTION)) };
        (users::end_session(broker, admin, (&user, &session), visitor).await, FlashKind::SessionEnded)
    };
    match done {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_SESSIONS, &user), flash)),
        Err(error) => match console.rejected(SECTION, error) {
            Ok(_) => Err(console.refuse(SECTION, RefusalCode::AppAccessDenied)),
            Err(stop) => Err(stop),
        },
    }
}
