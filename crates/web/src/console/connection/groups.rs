//! The tab Groups of a connection.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::connections::{self, Change, GroupsChange, TypedGroup};
use usher_domain::{Connection, GroupSync, NoLongerSent, UnmappedGroups};

use super::super::connections::{change, find};
use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{fine, saved};
use crate::pages::console::{ConnectionGroupsPage, FlashKind, GroupRow, GroupsForm, Section};
use crate::pages::paths::routes;
use crate::state::App;

/// Most rows of a mapping; a form cannot ask for more.
const MAX_ROWS: usize = 200;
/// Empty rows below the mapping.
const SPARE_ROWS: usize = 3;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_GROUPS, get(show).post(save))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(page(&console, &connection, stored(&connection), fine()))
}

fn stored(connection: &Connection) -> GroupsForm {
    let groups = &connection.groups;
    let row = |row: &usher_domain::GroupMapping| GroupRow {
        external: row.external.clone(),
        group: row.group.as_str().to_owned(),
    };
    GroupsForm {
        claim: groups.claim.clone(),
        separator: groups.separator.clone().unwrap_or_default(),
        rows: groups.mapping.iter().map(row).collect(),
        create_missing: groups.unmapped == UnmappedGroups::CreatedByName,
        remove: groups.no_longer_sent == NoLongerSent::Removed,
        overrides: connection.provisioning.group_sync == GroupSync::Override,
        version: connection.revision,
    }
}

fn page(console: &Console, connection: &Connection, form: GroupsForm, rejected: Rejected) -> Response {
    let mut form = if rejected.is_stale() { stored(connection) } else { form };
    let spare = form.rows.iter().rev().take_while(|row| **row == GroupRow::default()).count();
    let wanted = (form.rows.len() + SPARE_ROWS.saturating_sub(spare)).min(MAX_ROWS);
    form.rows.resize(wanted.max(form.rows.len()), GroupRow::default());
    let groups = connections::groups(console.broker());
    let view = ConnectionGroupsPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        form,
        groups: groups.into_iter().map(|(id, name)| (id.as_str().to_owned(), name)).collect(),
        jit: connection.provisioning.enabled,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn typed(fields: &Fields) -> GroupsForm {
    let row = |n: usize| GroupRow {
        external: fields.owned(&format!("external_{n}")),
        group: fields.owned(&format!("group_{n}")),
    };
    let mut rows: Vec<GroupRow> = (0..MAX_ROWS).map(row).collect();
    let used = rows.iter().rposition(|row| *row != GroupRow::default()).map_or(0, |last| last + 1);
    rows.truncate(used);
    GroupsForm {
        claim: fields.owned("group_claim"),
        separator: fields.owned("group_separator"),
        rows,
        create_missing: fields.ticked("create_missing"),
        remove: fields.ticked("remove_no_longer_sent"),
        overrides: fields.text("group_sync") == "override",
        version: fields.version(),
    }
}

fn wanted(form: &GroupsForm) -> GroupsChange {
    let row = |row: &GroupRow| TypedGroup { external: row.external.clone(), group: row.group.clone() };
    GroupsChange {
        claim: form.claim.clone(),
        separator: form.separator.clone(),
        rows: form.rows.iter().map(row).collect(),
        unmapped: if form.create_missing { UnmappedGroups::CreatedByName } else { UnmappedGroups::Ignored },
        no_longer_sent: if form.remove { NoLongerSent::Removed } else { NoLongerSent::Kept },
        sync: if form.overrides { GroupSync::Override } else { GroupSync::Merge },
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    let mut form = typed(&posted.fields);
    if posted.fields.text("action") == "more" {
        form.rows.resize(form.rows.len() + 2 * SPARE_ROWS, GroupRow::default());
        return Ok(page(console, &connection, form, fine()));
    }
    match change(&posted, &connection.id, Change::Groups(wanted(&form))).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_GROUPS, &connection, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            Ok(page(console, &connection, form, rejected))
        }
    }
}
