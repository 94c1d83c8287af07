//! The tab History: why the account is as it is, entry by entry.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::console::users::{self, Before, Entry};
use usher_domain::{AuditActor, AuditEvent, AuditOutcome, ConnectionId, UserId, UserName};

use super::super::fields::Fields;
use super::super::session::{Answer, Console};
use super::super::words;
use super::{SECTION, find, head};
use crate::pages::Ui;
use crate::pages::console::{HistoryRow, UserHistoryPage};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::USER_HISTORY, get(show))
}

async fn show(Path(id): Path<String>, console: Console, wanted: Fields) -> Answer {
    let user = find(&console, id).await?.user;
    let before = Before { decision: wanted.text("decision").parse().ok(), event: wanted.text("event").parse().ok() };
    let history = users::history(console.broker(), &user.id, before).await.map_err(|fault| console.fail(fault))?;
    let actors = history.entries.iter().filter_map(actor).cloned().collect();
    let names = users::names(console.broker(), actors).await.map_err(|fault| console.fail(fault))?;
    let view = UserHistoryPage {
        shell: console.shell(SECTION),
        user: head(&console, &user),
        rows: history.entries.into_iter().map(|entry| row(&console, &names, entry)).collect(),
        next: history.next.map(|before| next(&user.id, before)),
    };
    Ok(console.page(view))
}

fn next(user: &UserId, before: Before) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, number) in [("decision", before.decision), ("event", before.event)] {
        if let Some(number) = number {
            query.append_pair(name, &number.to_string());
        }
    }
    format!("{}?{}", paths::user(routes::USER_HISTORY, user), query.finish())
}

fn actor(entry: &Entry) -> Option<&UserId> {
    match entry {
        Entry::Done(AuditEvent { actor: AuditActor::User(id), .. }) => Some(id),
        _ => None,
    }
}

fn row(console: &Console, names: &BTreeMap<UserId, UserName>, entry: Entry) -> HistoryRow {
    let (ui, snapshot) = (&console.ui, console.broker().snapshot());
    match entry {
        Entry::Decided { at, outcome, connection, correlation, settings_revision, why } => {
            let mut who = ui.t1("history-through", "connection", &words::connection_name(ui, &snapshot, &connection));
            if let Some(revision) = settings_revision {
                who = format!("{who}, {}", ui.t1("history-settings", "version", &revision.to_string()));
            }
            let what = ui.t(format!("outcome-{}", outcome.replace('_', "-")));
            HistoryRow { at, what, who, lines: why, trace: Some(correlation) }
        }
        Entry::Done(event) => {
            let mut what = action(ui, &event.action);
            if event.outcome == AuditOutcome::Refused {
                what = format!("{what}: {}", ui.t("history-refused"));
            }
            let by_sign_in = event.actor == AuditActor::System;
            HistoryRow {
                at: event.at,
                what,
                who: by(ui, names, &event.actor),
                lines: lines(console, &event.detail),
                trace: event.correlation.filter(|_| by_sign_in),
            }
        }
    }
}

/// What was done, in words; an action without words reads as it is called.
fn action(ui: &Ui, action: &str) -> String {
    let key = format!("history-{}", action.replace(['.', '_'], "-"));
    if ui.texts.has(&key) { ui.t(key) } else { words::sentence(&action.replace(['.', '_'], " ")) }
}

fn by(ui: &Ui, names: &BTreeMap<UserId, UserName>, actor: &AuditActor) -> String {
    match actor {
        AuditActor::User(id) => match names.get(id) {
            Some(name) => ui.t1("history-by", "name", name.as_str()),
            None => ui.t("history-somebody"),
        },
        AuditActor::CommandLine => ui.t("history-command-line"),
        AuditActor::System => ui.t("history-system"),
        AuditActor::Anonymous | AuditActor::Application(_) => ui.t("history-somebody"),
    }
}

/// The details of an event, which hold masked values only; ids of connections and groups by their names.
fn lines(console: &Console, detail: &serde_json::Value) -> Vec<String> {
    let Some(members) = detail.as_object() else { return Vec::new() };
    let changed = match (members.get("before"), members.get("after")) {
        (Some(before), Some(after)) => Some(format!("{} → {}", shown(before), shown(after))),
        _ => None,
    };
    let others = members.iter().filter(|(name, value)| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        !empty && !matches!(name.as_str(), "before" | "after" | "username" | "claimed")
    });
    let others = others.map(|(name, value)| format!("{}: {}", words::sentence(name), named(console, name, value)));
    others.chain(changed).collect()
}

fn named(console: &Console, name: &str, value: &serde_json::Value) -> String {
    let snapshot = console.broker().snapshot();
    match (name, value.as_str()) {
        ("connection", Some(id)) => match ConnectionId::parse(id) {
            Ok(id) => words::connection_name(&console.ui, &snapshot, &id),
            Err(_) => id.to_owned(),
        },
        ("group" | "joined" | "left", Some(id)) => {
            let group = snapshot.groups.values().find(|group| group.id.as_str() == id);
            group.map_or_else(|| id.to_owned(), |group| group.name.clone())
        }
        ("joined" | "left", None) => {
            let ids = value.as_array().into_iter().flatten();
            ids.map(|id| named(console, name, id)).collect::<Vec<_>>().join(" · ")
        }
        _ => shown(value),
    }
}

fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) if values.is_empty() => "–".to_owned(),
        serde_json::Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(" · "),
        other => other.to_string(),
    }
}
