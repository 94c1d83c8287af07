//! Local groups: list, new, one group with its people, delete.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::groups::{self, Member, is_by_hand};
use usher_domain::{Group, GroupId, UserId};

use super::connections::finds;
use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::words;
use crate::forms::FormErrors;
use crate::pages::Link;
use crate::pages::console::{
    FlashKind, GroupDeletePage, GroupForm, GroupListRow, GroupPage, GroupsPage, MemberRow, NewGroupPage, Section,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

const SECTION: Section = Section::Groups;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::GROUPS, get(list))
        .route(routes::NEW_GROUP, get(new).post(create))
        .route(routes::GROUP, get(show).post(save))
        .route(routes::GROUP_MEMBERS, get(open).post(change_members))
        .route(routes::GROUP_DELETE, get(ask_delete).post(delete))
}

async fn list(console: Console, wanted: Fields) -> Answer {
    let all = groups::list(console.broker()).await.map_err(|fault| console.fail(fault))?;
    let row = |(group, members): (Group, i64)| GroupListRow {
        fed_by: names(groups::fed_by(console.broker(), &group.id)).join(", "),
        id: group.id,
        name: group.name,
        description: group.description,
        members,
    };
    let view = GroupsPage {
        shell: console.shell(SECTION),
        query: wanted.text("q").trim().to_owned(),
        rows: all.into_iter().filter(|(group, _)| finds(&wanted, &group.name)).map(row).collect(),
    };
    Ok(console.page(view))
}

fn names(connections: Vec<usher_domain::Connection>) -> Vec<String> {
    connections.into_iter().map(|connection| connection.name).collect()
}

fn feeding(console: &Console, id: &GroupId) -> Vec<Link> {
    let link = |connection: usher_domain::Connection| Link {
        href: paths::connection(routes::CONNECTION_GROUPS, &connection.id),
        text: connection.name,
    };
    groups::fed_by(console.broker(), id).into_iter().map(link).collect()
}

async fn new(console: Console) -> Answer {
    Ok(new_page(&console, GroupForm::default(), Rejected::none()))
}

fn new_page(console: &Console, form: GroupForm, rejected: Rejected) -> Response {
    console.page_as(rejected.status, NewGroupPage { shell: console.shell(SECTION), form, errors: rejected.errors })
}

fn typed(fields: &Fields) -> (GroupForm, groups::GroupForm) {
    let (name, description) = (fields.owned("name"), fields.owned("description"));
    let wanted = groups::GroupForm { name: name.clone(), description: description.clone() };
    (GroupForm { name, description, version: fields.version() }, wanted)
}

async fn create(Posted { console, fields }: Posted) -> Answer {
    let (form, wanted) = typed(&fields);
    match groups::create(console.broker(), &console.admin, &wanted, console.visitor()).await {
        Ok(id) => Ok(console.done(&paths::group(routes::GROUP, &id), FlashKind::GroupCreated)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(new_page(&console, form, rejected))
        }
    }
}

async fn find(console: &Console, id: String) -> Result<Group, Stop> {
    let Ok(id) = GroupId::parse(id) else { return Err(console.gone(SECTION)) };
    let found = groups::get(console.broker(), &id).await.map_err(|fault| console.fail(fault))?;
    found.ok_or_else(|| console.gone(SECTION))
}

async fn open(Path(id): Path<String>, console: Console) -> Answer {
    let group = find(&console, id).await?;
    Ok(crate::error::see_other(&paths::group(routes::GROUP, &group.id)))
}

async fn show(Path(id): Path<String>, console: Console, wanted: Fields) -> Answer {
    let group = find(&console, id).await?;
    let after = UserId::parse(wanted.text("after")).ok();
    page(&console, &group, (None, after), Rejected::none()).await
}

async fn page(
    console: &Console,
    group: &Group,
    (typed, after): (Option<Fields>, Option<UserId>),
    rejected: Rejected,
) -> Result<Response, Stop> {
    let members = groups::members(console.broker(), &group.id, after).await.map_err(|fault| console.fail(fault))?;
    let row = |member: Member| MemberRow {
        by_hand: member.sources.iter().any(is_by_hand),
        sources: member.sources.iter().map(|source| words::membership(console, source)).collect(),
        username: member.username.to_string(),
        user: member.user,
    };
    let typed = typed.filter(|_| !rejected.is_stale()).unwrap_or_default();
    let stored =
        GroupForm { name: group.name.clone(), description: group.description.clone(), version: group.revision };
    let href = paths::group(routes::GROUP, &group.id);
    let view = GroupPage {
        shell: console.shell(SECTION),
        id: group.id.clone(),
        name: group.name.clone(),
        form: if typed.holds("name") { self::typed(&typed).0 } else { stored },
        members: members.people.into_iter().map(row).collect(),
        count: members.count,
        username: typed.owned("username"),
        fed_by: feeding(console, &group.id),
        next: members.next.map(|cursor| format!("{href}?after={cursor}")),
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

async fn save(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let group = find(&console, id).await?;
    let (form, wanted) = typed(&fields);
    let seen = (&group.id, form.version);
    match groups::update(console.broker(), &console.admin, seen, &wanted, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::group(routes::GROUP, &group.id), FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            page(&console, &group, (Some(fields), None), rejected).await
        }
    }
}

async fn change_members(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let group = find(&console, id).await?;
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let (done, flash) = if fields.text("action") == "remove" {
        let Ok(user) = UserId::parse(fields.text("user")) else { return Err(console.gone(SECTION)) };
        (groups::remove_member(broker, admin, (&group.id, &user), visitor).await, FlashKind::MemberRemoved)
    } else {
        let name = fields.text("username");
        (groups::add_member(broker, admin, (&group.id, name), visitor).await, FlashKind::MemberAdded)
    };
    match done {
        Ok(()) => Ok(console.done(&paths::group(routes::GROUP, &group.id), flash)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            page(&console, &group, (Some(fields), None), rejected).await
        }
    }
}

async fn ask_delete(Path(id): Path<String>, console: Console) -> Answer {
    let group = find(&console, id).await?;
    delete_page(&console, &group, Rejected::none()).await
}

async fn delete_page(console: &Console, group: &Group, rejected: Rejected) -> Result<Response, Stop> {
    let members = groups::members(console.broker(), &group.id, None).await.map_err(|fault| console.fail(fault))?;
    let view = GroupDeletePage {
        shell: console.shell(SECTION),
        id: group.id.clone(),
        name: group.name.clone(),
        members: members.count,
        fed_by: feeding(console, &group.id),
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

async fn delete(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let group = find(&console, id).await?;
    if fields.text("confirm").trim() != group.name {
        let errors = FormErrors::at("confirm", console.ui.t("error-confirm"));
        return delete_page(&console, &group, Rejected::fields(errors)).await;
    }
    match groups::delete(console.broker(), &console.admin, &group.id, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::GROUPS, FlashKind::GroupDeleted)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            delete_page(&console, &group, rejected).await
        }
    }
}
