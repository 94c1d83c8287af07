//! The tab Profile: every attribute with its origin; editing one, renaming, deleting.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::users::{self, AttributeEdit, UserDetails};
use usher_domain::{AttributeName, AttributeSource, AttributeValue, Verification};

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{SECTION, find, head, open};
use crate::pages::console::{
    AttributeEditForm, AttributeRow, FlashKind, UserAttributePage, UserDeletePage, UserProfilePage,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::USER_PROFILE, get(show))
        .route(routes::USER_ATTRIBUTE, get(edit).post(save))
        .route(routes::USER_RENAME, get(open).post(rename))
        .route(routes::USER_DELETE, get(ask_delete).post(delete))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    Ok(page(&console, &details, None, Rejected::none()))
}

/// The page; `typed` is a user name that was not taken.
pub fn page(console: &Console, details: &UserDetails, typed: Option<String>, rejected: Rejected) -> Response {
    let user = &details.user;
    let snapshot = console.broker().snapshot();
    let attribute = |(name, value): (&AttributeName, &AttributeValue)| AttributeRow {
        name: name.to_string(),
        label: snapshot.schema.label(name).to_owned(),
        values: value.values.iter().map(|value| shown(console, name, value)).collect(),
        source: match &value.source {
            AttributeSource::Admin(_) => console.ui.t("origin-admin"),
            AttributeSource::Person => console.ui.t("origin-person"),
            other => words::source(&console.ui, &snapshot, other),
        },
        verified: value.verified,
        at: value.at,
        locked_by: users::overwritten_by(console.broker(), &details.links, (name, value)),
    };
    let view = UserProfilePage {
        shell: console.shell(SECTION),
        user: head(console, user),
        subject: user.public_subject.clone(),
        attributes: user.attributes.iter().map(attribute).collect(),
        username: typed.filter(|_| !rejected.is_stale()).unwrap_or_else(|| user.username.to_string()),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn edit(Path(id): Path<String>, console: Console, wanted: Fields) -> Answer {
    let details = find(&console, id).await?;
    let form = stored(&console, &details, wanted.text("attribute"));
    Ok(attribute_page(&console, &details, form, Rejected::none()))
}

fn held<'a>(details: &'a UserDetails, name: &str) -> Option<(AttributeName, &'a AttributeValue)> {
    let name = AttributeName::parse(name).ok()?;
    details.user.attributes.get(&name).map(|value| (name, value))
}

/// A value as it is shown: names to everybody.
fn shown(console: &Console, name: &AttributeName, value: &str) -> String {
    let is_name = matches!(name.as_str(), "name" | "given_name" | "family_name");
    if is_name { value.to_owned() } else { console.shown(value) }
}

fn stored(console: &Console, details: &UserDetails, name: &str) -> AttributeEditForm {
    let held = held(details, name);
    let shown = |(name, value): &(AttributeName, &AttributeValue)| {
        let values: Vec<String> = value.values.iter().map(|value| shown(console, name, value)).collect();
        values.join("\n")
    };
    let values = held.as_ref().map(shown).unwrap_or_default();
    let value = held.map(|(_, value)| value);
    AttributeEditForm {
        attribute: name.to_owned(),
        values,
        verified: value.is_some_and(|value| value.verified.is_verified()),
        version: details.user.revision,
    }
}

fn attribute_page(console: &Console, details: &UserDetails, typed: AttributeEditForm, rejected: Rejected) -> Response {
    let snapshot = console.broker().snapshot();
    let form = if rejected.is_stale() { stored(console, details, &typed.attribute) } else { typed };
    let held = held(details, &form.attribute);
    let known = AttributeName::parse(&form.attribute).ok().filter(|name| snapshot.schema.get(name).is_some());
    let chosen = held.as_ref().map(|(name, _)| name.clone()).or(known);
    let view = UserAttributePage {
        shell: console.shell(SECTION),
        user: head(console, &details.user),
        label: chosen.map(|name| snapshot.schema.label(&name).to_owned()).unwrap_or_default(),
        known: words::attributes(&snapshot.schema),
        locked_by: held
            .and_then(|(name, value)| users::overwritten_by(console.broker(), &details.links, (&name, value))),
        form,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn save(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let form = AttributeEditForm {
        attribute: fields.owned("attribute"),
        values: fields.owned("values"),
        verified: fields.ticked("verified"),
        version: fields.version(),
    };
    let wanted = AttributeEdit {
        attribute: form.attribute.clone(),
        values: form.values.clone(),
        verified: if form.verified { Verification::ByAdmin } else { Verification::Unverified },
    };
    let seen = (&details.user.id, form.version);
    match users::set_attribute(console.broker(), &console.admin, seen, &wanted, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_PROFILE, &details.user.id), FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(attribute_page(&console, &details, form, rejected))
        }
    }
}

async fn rename(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let seen = (&details.user.id, fields.version());
    let name = fields.text("username");
    match users::rename(console.broker(), &console.admin, seen, name, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_PROFILE, &details.user.id), FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(page(&console, &details, Some(name.to_owned()), rejected))
        }
    }
}

async fn ask_delete(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    Ok(delete_page(&console, &details, Rejected::none()))
}

fn delete_page(console: &Console, details: &UserDetails, rejected: Rejected) -> Response {
    let (shell, user) = (console.shell(SECTION), head(console, &details.user));
    console.page_as(rejected.status, UserDeletePage { shell, user, errors: rejected.errors })
}

async fn delete(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let confirmed = (&details.user.id, fields.text("confirm"));
    match users::delete(console.broker(), &console.admin, confirmed, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::USERS, FlashKind::UserDeleted)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(delete_page(&console, &details, rejected))
        }
    }
}
