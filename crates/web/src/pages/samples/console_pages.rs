//! The console's pages with sample content.

use usher_domain::{AccountState, ApplicationKind, AttributeSync, RefusalCode, SecretText, TraceStage, Verification};

use super::{Rendered, application_id, connection_id, correlation, now, render, user_id};
use crate::forms::FormErrors;
use crate::pages::console::*;
use crate::pages::{Check, CheckState, Fact, Link, Named, Tag, Tone};

type MakeShell<'a> = &'a dyn Fn(Section) -> Shell;

pub fn all(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let mut pages = home(shell, name);
    pages.extend(wizard(shell, name));
    pages.extend(connections(shell, name));
    pages.extend(connection(shell, name));
    pages.extend(applications(shell, name));
    pages.extend(users(shell, name));
    pages.extend(user(shell, name));
    pages.extend(sign_ins(shell, name));
    pages
}

fn link(name: &str) -> Link {
    Link { text: name.to_owned(), href: "/console/applications/a_1/general".to_owned() }
}

fn facts(name: &str) -> Vec<Fact> {
    let fact = |label: &str, value: &str| Fact { label: label.to_owned(), value: value.to_owned() };
    vec![
        fact("Issuer", "https://login.acme.test"),
        fact("Authorization endpoint", "https://login.acme.test/oauth2/authorize"),
        fact("Client ID", name),
    ]
}

fn checks(name: &str) -> Vec<Check> {
    let check = |text: &str, state, detail: &str| Check { name: text.to_owned(), state, detail: detail.to_owned() };
    vec![
        check("Signature", CheckState::Passed, "RS256"),
        check("Issuer", CheckState::Failed, name),
        check("Back-channel logout", CheckState::Skipped, ""),
    ]
}

fn rows(name: &str) -> Vec<SignInRow> {
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

fn oidc_form(name: &str) -> OidcForm {
    OidcForm {
        issuer: "https://login.acme.test/".to_owned(),
        client_id: name.to_owned(),
        secret_set: false,
        client_auth: "basic".to_owned(),
        scopes: "openid email profile".to_owned(),
    }
}

fn wizard(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Connections;
    let discovered = Discovered { facts: facts(name), checks: checks(name) };
    vec![
        render(
            "console-connection-new",
            NewConnectionPage {
                shell: shell(section),
                name: name.to_owned(),
                errors: FormErrors::at("name", format!("Choose another name than {name}")),
            },
        ),
        render(
            "console-connection-values",
            WizardValuesPage {
                shell: shell(section),
                draft: connection_id(),
                name: name.to_owned(),
                redirect_uri: format!("https://id.acme.test/callback/oidc/{}", connection_id()),
            },
        ),
        render(
            "console-connection-details",
            WizardDetailsPage {
                shell: shell(section),
                draft: connection_id(),
                name: name.to_owned(),
                form: oidc_form(name),
                discovered: Some(discovered),
                issuer_fix: Some(IssuerFix { typed: name.to_owned(), document: "https://login.acme.test".to_owned() }),
                errors: FormErrors::at("client_id", "Enter the client ID that the provider shows"),
            },
        ),
        render(
            "console-connection-review",
            WizardReviewPage {
                shell: shell(section),
                draft: connection_id(),
                name: name.to_owned(),
                facts: facts(name),
                checks: checks(name),
                jit: true,
                shown: true,
                errors: FormErrors::none(),
            },
        ),
    ]
}

fn connections(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let row = |label: &str, status: Tag| ConnectionRow {
        id: connection_id(),
        name: Named::new(label),
        kind: "OpenID Connect".to_owned(),
        provider: "https://login.acme.test".to_owned(),
        status,
        jit: "On".to_owned(),
        used_by: 1,
    };
    let rows = vec![row(name, Tag::new("Enabled", Tone::Ok)), row("Corp", Tag::new("Disabled", Tone::Neutral))];
    let page =
        |query: &str, rows| ConnectionsPage { shell: shell(Section::Connections), query: query.to_owned(), rows };
    let mut flashed = page("", rows);
    flashed.shell.flash = Some(Flash(FlashKind::ConnectionDeleted));
    vec![
        render("console-connections", flashed),
        render("console-connections-empty", page("", vec![])),
        render("console-connections-no-match", page(name, vec![])),
    ]
}

fn head(name: &str) -> ConnectionHead {
    ConnectionHead {
        id: connection_id(),
        name: Named::new(name),
        kind: "OpenID Connect".to_owned(),
        enabled: true,
        status: Tag::new("Enabled", Tone::Ok),
    }
}

fn connection(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Connections;
    let mut pages = connection_forms(shell, name);
    let delete = |used_by| ConnectionDeletePage {
        shell: shell(section),
        connection: head(name),
        used_by,
        linked_accounts: 134,
        version: 3,
        errors: FormErrors::none(),
    };
    let test = |result| TestSignInPage { shell: shell(section), connection: head(name), result };
    let claim = |claim: &str, attribute: Option<&str>| ClaimRow {
        name: claim.to_owned(),
        value: name.to_owned(),
        attribute: attribute.map(str::to_owned),
    };
    let claims = vec![claim("email", Some("email")), claim(name, None)];
    let fails = TestResult::Fails { reason: name.to_owned(), checks: checks(name), correlation: correlation() };
    pages.extend([
        render(
            "console-connection-activity",
            ConnectionActivityPage { shell: shell(section), connection: head(name), rows: rows(name) },
        ),
        render("console-connection-delete", delete(vec![])),
        render("console-connection-delete-used", delete(vec![link(name)])),
        render("console-connection-test", test(TestResult::NotRun)),
        render(
            "console-connection-test-works",
            test(TestResult::Works { claims, checks: checks(name), decision: vec![name.to_owned()] }),
        ),
        render("console-connection-test-fails", test(fails)),
    ]);
    pages
}

fn connection_forms(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Connections;
    let jit = |enabled| ConnectionJitPage {
        shell: shell(section),
        connection: head(name),
        enabled,
        sync: AttributeSync::PreserveLocal,
        accounts: 134,
        version: 3,
        errors: FormErrors::none(),
    };
    let general = GeneralForm {
        name: name.to_owned(),
        button_text: name.to_owned(),
        shown: true,
        email_domains: name.to_owned(),
        version: 3,
    };
    let mapping =
        |claim: &str, attribute: &str| MappingRow { claim: claim.to_owned(), attribute: attribute.to_owned() };
    vec![
        render(
            "console-connection-general",
            ConnectionGeneralPage {
                shell: shell(section),
                connection: head(name),
                script_name: "acme_oidc".to_owned(),
                form: general,
                used_by: vec![link(name)],
                errors: FormErrors::none(),
            },
        ),
        render(
            "console-connection-settings",
            ConnectionSettingsPage {
                shell: shell(section),
                connection: head(name),
                redirect_uri: format!("https://id.acme.test/callback/oidc/{}", connection_id()),
                form: OidcForm { secret_set: true, ..oidc_form(name) },
                version: 3,
                discovered: None,
                issuer_fix: None,
                errors: FormErrors::at("", "Somebody else changed this in the meantime."),
            },
        ),
        render(
            "console-connection-attributes",
            ConnectionAttributesPage {
                shell: shell(section),
                connection: head(name),
                rows: vec![mapping("email", "email"), mapping(name, "given_name"), mapping("", "")],
                known_claims: vec!["email".to_owned(), name.to_owned()],
                known_attributes: vec!["email".to_owned()],
                version: 3,
                errors: FormErrors::at("attribute_1", "This local attribute is mapped twice"),
            },
        ),
        render("console-connection-jit", jit(true)),
        render("console-connection-jit-off", jit(false)),
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
    let page = |kind, secrets| ApplicationPage {
        shell: shell(section),
        id: application_id(),
        name: Named::new(name),
        kind,
        enabled: true,
        status: Tag::new("Enabled", Tone::Ok),
        form: application_form(name),
        secrets,
        facts: facts(name),
        errors: FormErrors::none(),
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
        render("console-application-delete", delete),
    ]
}

fn users(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Users;
    let row = |state| UserRow {
        id: user_id(),
        username: name.to_owned(),
        name: name.to_owned(),
        email: name.to_owned(),
        state,
        source: name.to_owned(),
        created_at: now(),
    };
    let list = |query: &str, rows, next| UsersPage {
        shell: shell(section),
        query: query.to_owned(),
        rows,
        next,
        later: false,
    };
    let rows = vec![row(AccountState::Active), row(AccountState::Disabled)];
    vec![
        render("console-users", list("", rows, Some("/console/users?after=c".to_owned()))),
        render(
            "console-user-new",
            NewUserPage {
                shell: shell(section),
                form: NewUserForm { username: name.to_owned(), email: name.to_owned() },
                password_characters: 12,
                errors: FormErrors::at("username", name),
            },
        ),
        render("console-users-empty", list("", vec![], None)),
        render("console-users-no-match", list(name, vec![], None)),
    ]
}

fn user(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let section = Section::Users;
    let head = || UserHead {
        id: user_id(),
        name: Named::new(name),
        username: name.to_owned(),
        state: AccountState::Active,
        source: "Created by JIT from Acme OIDC".to_owned(),
        created_at: now(),
        version: 3,
    };
    let attribute = |key: &str, verified| AttributeRow {
        name: key.to_owned(),
        values: vec![name.to_owned(), "second value".to_owned()],
        source: name.to_owned(),
        verified,
        at: now(),
    };
    let linked = LinkedAccountRow {
        connection: Named::new(name),
        issuer: "https://login.acme.test".to_owned(),
        subject: name.to_owned(),
        created_at: now(),
        last_used_at: now(),
        why: "First sign-in: a new account was created.".to_owned(),
        trace: Some(correlation()),
    };
    let attributes = vec![attribute("email", Verification::ByProvider), attribute(name, Verification::Unverified)];
    let subject = "3f9c0a7e".to_owned();
    vec![
        render(
            "console-user",
            UserProfilePage {
                shell: shell(section),
                user: head(),
                subject: subject.clone(),
                attributes,
                errors: FormErrors::at("", name),
            },
        ),
        render(
            "console-user-bare",
            UserProfilePage {
                shell: shell(section),
                user: head(),
                subject,
                attributes: vec![],
                errors: FormErrors::none(),
            },
        ),
        render("console-user-linked", UserLinkedPage { shell: shell(section), user: head(), links: vec![linked] }),
        render("console-user-not-linked", UserLinkedPage { shell: shell(section), user: head(), links: vec![] }),
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
