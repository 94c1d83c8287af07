//! The console's pages with sample content.

use usher_broker::security::SecurityForm;
use usher_domain::{ApplicationKind, RefusalCode, SecretText, TraceStage};

use super::{Rendered, application_id, connection_pages, correlation, flow_pages, now, people_pages, render, user_id};
use crate::forms::FormErrors;
use crate::pages::console::*;
use crate::pages::{Check, CheckState, Fact, Link, Named, Tag, Tone};

pub type MakeShell<'a> = &'a dyn Fn(Section) -> Shell;

pub fn all(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let mut pages = home(shell, name);
    pages.extend(connection_pages::all(shell, name));
    pages.extend(applications(shell, name));
    pages.extend(people_pages::all(shell, name));
    pages.extend(sign_ins(shell, name));
    pages.extend(settings(shell, name));
    pages.extend(flow_pages::all(shell, name));
    pages
}

pub fn link(name: &str) -> Link {
    Link { text: name.to_owned(), href: "/console/applications/a_1/general".to_owned() }
}

pub fn facts(name: &str) -> Vec<Fact> {
    let fact = |label: &str, value: &str| Fact { label: label.to_owned(), value: value.to_owned() };
    vec![
        fact("Issuer", "https://login.acme.test"),
        fact("Authorization endpoint", "https://login.acme.test/oauth2/authorize"),
        fact("Client ID", name),
    ]
}

pub fn checks(name: &str) -> Vec<Check> {
    let check = |text: &str, state, detail: &str| Check { name: text.to_owned(), state, detail: detail.to_owned() };
    vec![
        check("Signature", CheckState::Passed, "RS256"),
        check("Issuer", CheckState::Failed, name),
        check("Back-channel logout", CheckState::Skipped, ""),
    ]
}

pub fn rows(name: &str) -> Vec<SignInRow> {
    let row = |finished, refusal, connection: &str| SignInRow {
        trace: correlation(),
        at: now(),
        finished,
        refusal,
        user: name.to_owned(),
        application: name.to_owned(),
        connection: connection.to_owned(),
    };
    vec![
        row(true, None, "Acme OIDC"),
        row(false, Some(RefusalCode::IdpResponseInvalid), name),
        SignInRow { user: String::new(), ..row(false, None, "") },
    ]
}

fn home(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let done = Progress { connections: 1, applications: 1, sign_ins: 3 };
    let begun = Progress { connections: 1, ..Progress::default() };
    vec![
        render("console-home-new", HomePage { shell: shell(Section::Home), progress: begun, recent: vec![] }),
        render("console-home", HomePage { shell: shell(Section::Home), progress: done, recent: rows(name) }),
        render(
            "console-message",
            MessagePage {
                shell: shell(Section::Home),
                code: RefusalCode::NotFound,
                back: link(name),
                correlation: correlation(),
                at: now(),
            },
        ),
    ]
}

fn application_form(name: &str) -> ApplicationForm {
    let tick = |id: &str, ticked| ConnectionTick { id: id.to_owned(), name: name.to_owned(), ticked };
    ApplicationForm {
        name: name.to_owned(),
        redirect_uris: "https://payroll.test/callback".to_owned(),
        id_token_alg: "RS256".to_owned(),
        auth_method: "client_secret_basic".to_owned(),
        all_connections: true,
        connections: vec![tick("c_1", true), tick("c_2", false)],
        local_sign_in: true,
        ..ApplicationForm::default()
    }
}

fn applications(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Applications;
    let row = |kind, status| ApplicationRow {
        id: application_id(),
        name: Named::new(name),
        kind,
        status,
        connections: name.to_owned(),
    };
    let rows = vec![
        row(ApplicationKind::Web, Tag::new("Enabled", Tone::Ok)),
        row(ApplicationKind::Spa, Tag::new("Disabled", Tone::Neutral)),
    ];
    let new = NewApplicationForm { name: name.to_owned(), kind: ApplicationKind::Web, redirect_uris: name.to_owned() };
    let created = |secret: Option<&str>| ApplicationCreatedPage {
        shell: shell(section),
        id: application_id(),
        name: Named::new(name),
        secret: secret.map(SecretText::new),
        issuer: "https://id.acme.test".to_owned(),
        discovery_url: "https://id.acme.test/.well-known/openid-configuration".to_owned(),
    };
    let list = |query: &str, rows| ApplicationsPage { shell: shell(section), query: query.to_owned(), rows };
    let errors = FormErrors::at("redirect_uris", format!("“{name}”: use https"));
    let mut pages = application_pages(shell, name);
    pages.extend([
        render("console-applications", list("", rows)),
        render("console-applications-empty", list("", vec![])),
        render("console-applications-no-match", list(name, vec![])),
        render("console-application-new", NewApplicationPage { shell: shell(section), form: new, errors }),
        render("console-application-created", created(Some("s3cret-shown-once"))),
        render("console-application-created-public", created(None)),
    ]);
    pages
}

fn application_pages(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Applications;
    let secret = |ending: &str| SecretRow { ending: ending.to_owned(), created_at: now() };
    let head = |kind| ApplicationHead {
        id: application_id(),
        name: Named::new(name),
        kind,
        status: Tag::new("Enabled", Tone::Ok),
    };
    let page = |kind, secrets| ApplicationPage {
        shell: shell(section),
        application: head(kind),
        enabled: true,
        form: application_form(name),
        secrets,
        facts: facts(name),
        errors: FormErrors::none(),
    };
    let claims = ApplicationClaimsPage {
        shell: shell(section),
        application: head(ApplicationKind::Web),
        rows: vec![ToldRow { attribute: "email".to_owned(), claim: name.to_owned() }, ToldRow::default()],
        groups: name.to_owned(),
        known: vec![("email".to_owned(), "Email".to_owned()), ("nickname".to_owned(), name.to_owned())],
        version: 3,
        errors: FormErrors::at("claims", format!("Two rows become the claim {name}")),
    };
    let delete = ApplicationDeletePage {
        shell: shell(section),
        id: application_id(),
        name: Named::new(name),
        version: 3,
        errors: FormErrors::at("confirm", "Type the name exactly as it is shown"),
    };
    vec![
        render("console-application", page(ApplicationKind::Web, vec![secret("a91f"), secret("77c0")])),
        render("console-application-spa", page(ApplicationKind::Spa, vec![])),
        render("console-application-claims", claims),
        render("console-application-delete", delete),
    ]
}

fn sign_ins(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::SignIns;
    let list = |never_used, rows| SignInsPage {
        shell: shell(section),
        query: name.to_owned(),
        outcome: "refused".to_owned(),
        never_used,
        rows,
        next: Some("/console/signins?after=c".to_owned()),
    };
    let event = |offset: &str, stage, checks| TraceEventRow {
        at: now(),
        offset: offset.to_owned(),
        stage,
        text: name.to_owned(),
        checks,
    };
    let events = vec![
        event("0 ms", TraceStage::Request, vec![]),
        event("9.2 s", TraceStage::Departure, vec![]),
        event("12.1 s", TraceStage::Answer, checks(name)),
        event("12.1 s", TraceStage::End, vec![]),
    ];
    vec![
        render("console-sign-ins", list(false, rows(name))),
        render("console-sign-ins-never", list(true, vec![])),
        render("console-sign-ins-no-match", list(false, vec![])),
        render(
            "console-trace",
            TracePage {
                shell: shell(section),
                trace: correlation(),
                started_at: now(),
                finished: false,
                refusal: Some(RefusalCode::IdpResponseInvalid),
                facts: facts(name),
                links: vec![link(name)],
                events,
            },
        ),
    ]
}

fn settings(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let page = |facts| EmailSettingsPage {
        shell: shell(Section::Settings),
        facts,
        waiting: shell(Section::Settings).ui.count("mail-waiting", "number", 3),
        last_failure: Some((now(), name.to_owned())),
        form: TestMailForm { to: name.to_owned() },
        errors: FormErrors::none(),
    };
    let invite = |way, link| InvitePage {
        shell: shell(Section::Users),
        id: user_id(),
        name: Named::new(name),
        way,
        hours: 72,
        link,
        errors: FormErrors::none(),
    };
    let number = || name.to_owned();
    let security = |errors| SecuritySettingsPage {
        shell: shell(Section::Settings),
        form: SecurityForm {
            min_characters: number(),
            breach_list: number(),
            door_failures: number(),
            account_failures: number(),
            lock_minutes: number(),
            session_hours: number(),
        },
        errors,
    };
    let link = SecretText::new("https://id.corp.test/setup/t0ken");
    let refused = FormErrors::at("to", "The mail server did not take it: permanent error (550)".to_owned());
    vec![
        render("console-invite", invite(InvitationWay::Mail, None)),
        render("console-invite-link", invite(InvitationWay::Hand, Some(link))),
        render("console-security", security(FormErrors::none())),
        render("console-security-error", security(FormErrors::at("min_characters", name))),
        render("console-email-none", page(Vec::new())),
        render("console-email", page(facts(name))),
        render("console-email-error", EmailSettingsPage { errors: refused, last_failure: None, ..page(facts(name)) }),
    ]
}
