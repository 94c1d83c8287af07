//! Users: list, new, profile, linked accounts, switched on or off.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::Snapshot;
use usher_broker::console::users::{self, UserDetails, UserForm};
use usher_domain::{AccountState, AttributeName, AttributeValue, FederatedLink, SecretText, User, UserId};

use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::words;
use crate::error::see_other;
use crate::forms::FormErrors;
use crate::pages::console::{
    AttributeRow, FlashKind, LinkedAccountRow, NewUserForm, NewUserPage, Section, UserHead, UserLinkedPage,
    UserProfilePage, UserRow, UsersPage,
};
use crate::pages::paths::{self, routes};
use crate::pages::{Named, Ui};
use crate::state::App;

const SECTION: Section = Section::Users;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::USERS, get(list))
        .route(routes::NEW_USER, get(new).post(create))
        .route(routes::USER_PROFILE, get(profile))
        .route(routes::USER_LINKED, get(linked))
        .route(routes::USER_STATE, get(open).post(set_state))
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
        rows: page.users.iter().map(|user| row(&console.ui, &snapshot, user)).collect(),
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
fn known(user: &User, name: &str) -> String {
    let name = AttributeName::parse(name).ok();
    let value = name.and_then(|name| user.attributes.get(&name));
    value.map(|value| value.values.join(" · ")).unwrap_or_default()
}

fn row(ui: &Ui, snapshot: &Snapshot, user: &User) -> UserRow {
    UserRow {
        id: user.id.clone(),
        username: user.username.to_string(),
        name: known(user, "name"),
        email: known(user, "email"),
        state: user.state,
        source: words::source(ui, snapshot, &user.created_by),
        created_at: user.created_at,
    }
}

async fn find(console: &Console, id: String) -> Result<UserDetails, Stop> {
    let Ok(id) = UserId::parse(id) else { return Err(console.gone(SECTION)) };
    let found = users::details(console.broker(), &id).await.map_err(|fault| console.fail(fault))?;
    found.ok_or_else(|| console.gone(SECTION))
}

fn head(ui: &Ui, snapshot: &Snapshot, user: &User) -> UserHead {
    let name = known(user, "name");
    UserHead {
        id: user.id.clone(),
        name: Named::new(if name.is_empty() { user.username.as_str() } else { &name }),
        username: user.username.to_string(),
        state: user.state,
        source: words::created_by(ui, snapshot, &user.created_by),
        created_at: user.created_at,
        version: user.revision,
    }
}

async fn profile(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    Ok(profile_page(&console, &details.user, Rejected { status: StatusCode::OK, errors: FormErrors::none() }))
}

fn profile_page(console: &Console, user: &User, rejected: Rejected) -> Response {
    let snapshot = console.broker().snapshot();
    let attribute = |(name, value): (&AttributeName, &AttributeValue)| AttributeRow {
        name: name.to_string(),
        values: value.values.clone(),
        source: words::source(&console.ui, &snapshot, &value.source),
        verified: value.verified,
        at: value.at,
    };
    let view = UserProfilePage {
        shell: console.shell(SECTION),
        user: head(&console.ui, &snapshot, user),
        subject: user.public_subject.clone(),
        attributes: user.attributes.iter().map(attribute).collect(),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

/// Where an address that only takes forms leads when it is opened.
async fn open(Path(id): Path<String>, console: Console) -> Answer {
    let user = find(&console, id).await?.user;
    Ok(see_other(&paths::user(routes::USER_PROFILE, &user.id)))
}

async fn linked(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    let snapshot = console.broker().snapshot();
    let link = |link: &FederatedLink| LinkedAccountRow {
        connection: Named::new(&words::connection_name(&console.ui, &snapshot, &link.key.connection)),
        issuer: link.key.issuer.clone(),
        subject: link.key.subject.clone(),
        created_at: link.created_at,
        last_used_at: link.last_used_at,
        why: users::why(link).join("; "),
        trace: None,
    };
    let view = UserLinkedPage {
        shell: console.shell(SECTION),
        user: head(&console.ui, &snapshot, &details.user),
        links: details.links.iter().map(link).collect(),
    };
    Ok(console.page(view))
}

async fn set_state(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let user = find(&console, id).await?.user;
    let (state, flash) = match fields.text("state") {
        "active" => (AccountState::Active, FlashKind::UserEnabled),
        _ => (AccountState::Disabled, FlashKind::UserDisabled),
    };
    let seen = (&user.id, fields.version());
    match users::set_state(console.broker(), &console.admin, seen, state, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_PROFILE, &user.id), flash)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(profile_page(&console, &user, rejected))
        }
    }
}

async fn new(console: Console) -> Answer {
    Ok(new_page(&console, NewUserForm::default(), Rejected { status: StatusCode::OK, errors: FormErrors::none() }))
}

fn new_page(console: &Console, form: NewUserForm, rejected: Rejected) -> Response {
    let view = NewUserPage {
        shell: console.shell(SECTION),
        form,
        password_characters: usher_broker::passwords::MIN_PASSWORD_CHARS as u64,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn create(Posted { console, fields }: Posted) -> Answer {
    let typed = NewUserForm { username: fields.owned("username"), email: fields.owned("email") };
    let form = UserForm {
        username: typed.username.clone(),
        email: typed.email.clone(),
        password: SecretText::new(fields.text("password")),
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
