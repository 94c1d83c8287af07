//! What is known about the person, and the part of it that they may change.

use std::collections::BTreeMap;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use usher_broker::account::email::{self, EmailPage as Standing};
use usher_broker::account::profile::{self, OwnAttribute, SetBy};
use usher_domain::{AttributeName, Verification};
use usher_login_flow::CodeStanding;

use super::session::{Account, Answer, Posted, Rejected};
use crate::console::fields::Fields;
use crate::forms::VERSION_FIELD;
use crate::pages::account::{AttributeEntry, EmailPage, ProfilePage, Section};
use crate::pages::paths::routes;
use crate::pages::{Tag, Tone, Ui};
use crate::state::App;

/// Start of the names of fields; the attribute follows.
const FIELD: &str = "attribute-";

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::ACCOUNT_PROFILE, get(show).post(change))
        .route(routes::ACCOUNT_EMAIL, get(show_email).post(change_email))
}

async fn show(account: Account) -> Answer {
    page(&account, None, Rejected::none()).await
}

async fn page(account: &Account, typed: Option<&Fields>, rejected: Rejected) -> Answer {
    let all = profile::list(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let (known, editable): (Vec<_>, Vec<_>) = all.into_iter().partition(|own| !own.editable || is_email(own));
    let view = ProfilePage {
        shell: account.shell(Section::Profile),
        username: account.person.user.username.to_string(),
        email_changes: known.iter().any(|own| own.editable),
        known: known
            .into_iter()
            .filter(|own| !own.values.is_empty())
            .map(|own| entry(&account.ui, own, None))
            .collect(),
        editable: editable.into_iter().map(|own| entry(&account.ui, own, typed)).collect(),
        version: account.person.user.revision,
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, view))
}

fn is_email(own: &OwnAttribute) -> bool {
    own.name == AttributeName::email()
}

fn entry(ui: &Ui, own: OwnAttribute, typed: Option<&Fields>) -> AttributeEntry {
    let (source, at, verified) = match own.origin.clone() {
        Some((by, at, verified)) => (source(ui, by), Some(at), checked(ui, is_address(&own.name), verified)),
        None => (String::new(), None, None),
    };
    let field = format!("{FIELD}{}", own.name);
    let value = typed.filter(|typed| typed.holds(&field)).map(|typed| typed.owned(&field));
    AttributeEntry {
        value: value.unwrap_or_else(|| own.values.join("\n")),
        label: label(ui, &own),
        values: own.values,
        field,
        source,
        at,
        verified,
    }
}

/// Built-in attributes are called by their names in the person's language; others as an admin called them.
fn label(ui: &Ui, own: &OwnAttribute) -> String {
    let key = format!("account-attribute-{}", own.name.as_str().replace('_', "-"));
    if ui.texts.has(&key) { ui.t(key) } else { own.label.clone() }
}

fn source(ui: &Ui, by: SetBy) -> String {
    match by {
        SetBy::Connection(name) if name.is_empty() => ui.t("account-connection-gone"),
        SetBy::Connection(name) => ui.t1("account-source-connection", "connection", &name),
        SetBy::Admin => ui.t("account-source-admin"),
        SetBy::Import => ui.t("account-source-import"),
        SetBy::Owner => ui.t("account-source-owner"),
        SetBy::Script => ui.t("account-source-script"),
    }
}

/// Only of what somebody can be reached by it matters who vouches for it.
fn is_address(name: &AttributeName) -> bool {
    matches!(name.as_str(), "email" | "phone_number")
}

fn checked(ui: &Ui, address: bool, verified: Verification) -> Option<Tag> {
    if !address {
        return None;
    }
    Some(match verified {
        Verification::Unverified => Tag::new(ui.t("account-unverified"), Tone::Warn),
        Verification::ByProvider => Tag::new(ui.t("account-verified-provider"), Tone::Ok),
        Verification::ByPerson => Tag::new(ui.t("account-verified-person"), Tone::Ok),
        Verification::ByAdmin => Tag::new(ui.t("account-verified-admin"), Tone::Ok),
    })
}

async fn change(posted: Posted) -> Answer {
    let (account, fields) = (posted.account, posted.fields);
    let named = |name: &str| Some((AttributeName::parse(name).ok()?, fields.owned(&format!("{FIELD}{name}"))));
    let typed: BTreeMap<AttributeName, String> = fields.names_after(FIELD).filter_map(named).collect();
    let seen = if fields.holds(VERSION_FIELD) { fields.version() } else { -1 };
    match profile::change(account.broker(), &account.person, seen, typed, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_PROFILE, "account-flash-saved")),
        Err(error) => page(&account, Some(&fields), account.rejected(error)?).await,
    }
}

async fn show_email(account: Account) -> Answer {
    email_page(&account, "", Rejected::none()).await
}

async fn email_page(account: &Account, typed: &str, rejected: Rejected) -> Answer {
    let standing = email::page(account.broker(), &account.person).await.map_err(|error| account.refused(error))?;
    Ok(email_view(account, typed, standing, rejected))
}

fn email_view(account: &Account, typed: &str, standing: Standing, rejected: Rejected) -> Response {
    let pending = standing.pending.filter(|(_, code)| *code == CodeStanding::Waiting).map(|(address, _)| address);
    let view = EmailPage {
        shell: account.shell(Section::Profile),
        current: standing.current,
        mail: standing.mail,
        pending,
        address: typed.to_owned(),
        errors: rejected.errors,
    };
    account.page_as(rejected.status, view)
}

async fn change_email(posted: Posted) -> Answer {
    let (account, fields) = (posted.account, posted.fields);
    let (broker, person) = (account.broker(), &account.person);
    let (done, flash, to) = match fields.text("act") {
        "code" => {
            let done = email::complete(broker, person, fields.text("code"), account.visitor()).await;
            (done, "account-flash-email", routes::ACCOUNT_PROFILE)
        }
        "cancel" => (email::cancel(broker, person).await, "account-flash-email-kept", routes::ACCOUNT_PROFILE),
        _ => (
            email::begin(broker, person, fields.text("address")).await,
            "account-flash-email-sent",
            routes::ACCOUNT_EMAIL,
        ),
    };
    match done {
        Ok(()) => Ok(account.done(to, flash)),
        Err(error) => email_page(&account, fields.text("address"), account.rejected(error)?).await,
    }
}
