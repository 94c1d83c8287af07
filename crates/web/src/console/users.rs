//! Users: list and new. One person's pages have a folder of their own.

use std::collections::BTreeMap;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use usher_broker::Snapshot;
use usher_broker::console::users::{self, UserForm};
use usher_domain::{AttributeName, AttributeSchema, SecretText, User};

use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected};
use super::words;
use crate::pages::console::{AttributeField, FlashKind, NewUserForm, NewUserPage, Section, UserRow, UsersPage};
use crate::pages::paths::{self, routes};
use crate::state::App;

const SECTION: Section = Section::Users;

pub fn routes() -> Router<App> {
    Router::new().route(routes::USERS, get(list)).route(routes::NEW_USER, get(new).post(create))
}

async fn list(console: Console, wanted: Fields) -> Answer {
    let text = wanted.text("q").trim();
    let after = Some(wanted.owned("after")).filter(|cursor| !cursor.is_empty());
    let later = after.is_some();
    let page = users::search(console.broker(), text, after).await.map_err(|fault| console.fail(fault))?;
    let snapshot = console.broker().snapshot();
    let view = UsersPage {
        shell: console.shell(SECTION),
        query: text.to_owned(),
        rows: page.users.iter().map(|user| row(&console, &snapshot, user)).collect(),
        next: page.next.map(|cursor| next(text, &cursor)),
        later,
    };
    Ok(console.page(view))
}

fn next(text: &str, cursor: &str) -> String {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("q", text).append_pair("after", cursor).finish();
    format!("{}?{query}", routes::USERS)
}

/// The values of an attribute, as one line.
pub fn known(user: &User, name: &str) -> String {
    let name = AttributeName::parse(name).ok();
    let value = name.and_then(|name| user.attributes.get(&name));
    value.map(|value| value.values.join(" · ")).unwrap_or_default()
}

fn row(console: &Console, snapshot: &Snapshot, user: &User) -> UserRow {
    UserRow {
        id: user.id.clone(),
        username: user.username.to_string(),
        name: known(user, "name"),
        email: console.shown(&known(user, "email")),
        state: user.state,
        source: words::source(&console.ui, snapshot, &user.created_by),
        created_at: user.created_at,
    }
}

async fn new(console: Console) -> Answer {
    let form = typed(&console, &Fields::default());
    Ok(new_page(&console, form, Rejected::none()))
}

fn new_page(console: &Console, form: NewUserForm, rejected: Rejected) -> Response {
    let view = NewUserPage {
        shell: console.shell(SECTION),
        form,
        password_characters: u64::from(console.broker().snapshot().security.min_characters),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

/// The form as it was typed: names, and the attributes that admins defined.
fn typed(console: &Console, fields: &Fields) -> NewUserForm {
    let snapshot = console.broker().snapshot();
    let asked = |name: &AttributeName| {
        matches!(name.as_str(), "given_name" | "family_name" | "name") || !AttributeSchema::is_built_in(name)
    };
    let field = |name: &AttributeName, label: &str| AttributeField {
        name: name.to_string(),
        label: label.to_owned(),
        value: fields.owned(&format!("attribute_{name}")),
    };
    let defined = snapshot.schema.all().filter(|definition| asked(&definition.name));
    NewUserForm {
        username: fields.owned("username"),
        email: fields.owned("email"),
        attributes: defined.map(|definition| field(&definition.name, &definition.label)).collect(),
    }
}

async fn create(Posted { console, fields }: Posted) -> Answer {
    let typed = typed(&console, &fields);
    let attributes = typed.attributes.iter().filter(|field| !field.value.trim().is_empty());
    let form = UserForm {
        username: typed.username.clone(),
        email: typed.email.clone(),
        password: SecretText::new(fields.text("password")),
        attributes: attributes
            .filter_map(|field| Some((AttributeName::parse(&field.name).ok()?, vec![field.value.trim().to_owned()])))
            .collect::<BTreeMap<_, _>>(),
    };
    match users::create(console.broker(), &console.admin, &form, console.visitor()).await {
        Ok(id) => Ok(console.done(&paths::user(routes::USER_PROFILE, &id), FlashKind::UserCreated)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(new_page(&console, typed, rejected))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_next_page_keeps_the_search() {
        assert_eq!(next("a&b", "ann"), "/console/users?q=a%26b&after=ann");
    }
}
