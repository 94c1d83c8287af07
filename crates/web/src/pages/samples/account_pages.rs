//! The account page with sample content.

use usher_domain::SessionId;

use super::{Rendered, application_id, now, render};
use crate::forms::FormErrors;
use crate::pages::account::*;
use crate::pages::{Tag, Tone, Ui};

/// Makes the frame of a page.
pub type MakeShell<'a> = &'a dyn Fn(Section) -> Shell;

pub fn all(ui: &Ui, name: &str) -> Vec<Rendered> {
    let shell = |section| Shell {
        ui: ui.clone(),
        section,
        name: name.to_owned(),
        csrf: "t0ken".to_owned(),
        flash: Some("account-flash-saved"),
        fresh: true,
    };
    let mut pages = home(&shell, ui, name);
    pages.extend(profile(&shell, name));
    pages.extend(activity(&shell, name));
    pages.extend(super::account_security_pages::all(&shell, name));
    pages
}

fn home(shell: MakeShell<'_>, ui: &Ui, name: &str) -> Vec<Rendered> {
    vec![
        render("account-home", HomePage { shell: shell(Section::Home), hint: true }),
        render(
            "account-without",
            WithoutAccountPage {
                ui: ui.clone(),
                connection: name.to_owned(),
                again: "/account/sign-in".to_owned(),
                sign_out: "/logout".to_owned(),
            },
        ),
    ]
}

fn profile(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let entry = |key: &str, value: &str, source: &str| AttributeEntry {
        field: format!("attribute-{key}"),
        label: name.to_owned(),
        values: vec![value.to_owned()],
        value: value.to_owned(),
        source: source.to_owned(),
        at: (!source.is_empty()).then(now),
        verified: (key == "email").then(|| Tag::new(name, Tone::Ok)),
    };
    let page = |errors| ProfilePage {
        shell: shell(Section::Profile),
        username: name.to_owned(),
        email_changes: true,
        known: vec![entry("email", name, name), entry("given_name", name, name)],
        editable: vec![entry("nickname", "", ""), entry("website", &format!("{name}\n{name}"), name)],
        version: 3,
        errors,
    };
    let email = |pending: Option<&str>, errors| EmailPage {
        shell: shell(Section::Profile),
        current: name.to_owned(),
        mail: true,
        pending: pending.map(str::to_owned),
        address: name.to_owned(),
        errors,
    };
    vec![
        render("account-profile", page(FormErrors::none())),
        render("account-profile-error", page(FormErrors::at("", name))),
        render("account-email", email(None, FormErrors::none())),
        render("account-email-error", email(None, FormErrors::at("address", name))),
        render("account-email-code", email(Some(name), FormErrors::at("code", name))),
        render("account-email-no-mail", EmailPage { mail: false, ..email(None, FormErrors::none()) }),
    ]
}

fn activity(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let session = |id: &str, here| SessionEntry {
        id: SessionId::parse(id).unwrap(),
        browser: name.to_owned(),
        way: name.to_owned(),
        remote: "203.0.113.9".to_owned(),
        here,
        console: !here,
        created_at: now(),
        expires_at: now(),
        applications: name.to_owned(),
    };
    let held = |home_url: Option<&str>| ApplicationEntry {
        id: application_id(),
        name: name.to_owned(),
        home_url: home_url.map(str::to_owned),
        since: now(),
        last_used: now(),
    };
    let entry = |number: i64, reported| HistoryEntry {
        href: format!("/account/history/s{number}"),
        at: now(),
        what: name.to_owned(),
        details: vec![name.to_owned(), "203.0.113.9".to_owned()],
        reported,
    };
    let applications = |rows| ApplicationsPage { shell: shell(Section::Applications), rows };
    let history = |rows, older| HistoryPage { shell: shell(Section::History), rows, older };
    let older = Some("/account/history?sign_in=3".to_owned());
    vec![
        render(
            "account-sessions",
            SessionsPage { shell: shell(Section::Sessions), rows: vec![session("s_1", true), session("s_2", false)] },
        ),
        render("account-applications", applications(vec![held(Some("https://shop.test/")), held(None)])),
        render("account-applications-none", applications(vec![])),
        render("account-history", history(vec![entry(5, false), entry(4, true)], older)),
        render("account-history-none", history(vec![], None)),
        render("account-not-me", NotMePage { shell: shell(Section::History), entry: entry(5, false) }),
    ]
}
