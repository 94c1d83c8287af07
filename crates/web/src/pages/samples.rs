//! Every page once, with sample content: the render tests read them, and the preview writes them to disk.
//!
//! `name` goes wherever a name, claim or other foreign text goes, so that a hostile one is tried everywhere.

use askama::Template;
use chrono::{DateTime, TimeZone, Utc};
use usher_domain::{ApplicationId, ConnectionId, CorrelationId, FlowId, RefusalCode, UserId};

use super::console::{Reach, Shell};
use super::{
    AccountReadyPage, AutoSubmitPage, CodeField, ForgotPage, ForgotStage, HiddenField, IdentifyPage, Link, LinkPage,
    Named, Notice, PasswordForm, PromptPage, RefusalAction, RefusalPage, SetupPage, SetupPurpose, SignInPage,
    SignOutPage, SignedOutPage, Tone, Ui, WayToSignIn, Ways,
};
use crate::forms::FormErrors;

mod account_pages;
mod account_security_pages;
mod connection_pages;
mod console_pages;
mod factor_pages;
mod flow_pages;
mod passkey_pages;
mod people_pages;

/// A page's file name and its HTML.
pub type Rendered = (String, String);

pub fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, 3, 14, 2, 11).unwrap()
}

pub fn connection_id() -> ConnectionId {
    ConnectionId::parse("c_8k2m4tq0x9v7n3b5d1r6w0y2za").unwrap()
}

pub fn application_id() -> ApplicationId {
    ApplicationId::parse("a_5p9x2c7v1n8m4k0t6r3q2w8y1z").unwrap()
}

pub fn user_id() -> UserId {
    UserId::parse("u_3h7j1k9m5n2p8q4r6s0t1v7w3x").unwrap()
}

pub fn correlation() -> CorrelationId {
    CorrelationId::parse("7F3K-92QX-4DHV").unwrap()
}

fn flow() -> FlowId {
    FlowId::parse("f_0a1b2c3d4e5f6g7h8j9k0m1n2p").unwrap()
}

pub fn render<T: Template>(file: &str, page: T) -> Rendered {
    (file.to_owned(), page.render().unwrap())
}

/// Everything, sign-in pages and console.
pub fn all(ui: &Ui, name: &str) -> Vec<Rendered> {
    let mut pages = login_pages(ui, name);
    let shell = |section| Shell {
        ui: ui.clone(),
        section,
        admin: name.to_owned(),
        csrf: "t0ken".to_owned(),
        flash: None,
        reach: Reach::Everything,
        frozen: false,
    };
    pages.extend(console_pages::all(&shell, name));
    pages.extend(account_pages(ui, name));
    pages
}

/// The account pages.
pub fn account_pages(ui: &Ui, name: &str) -> Vec<Rendered> {
    account_pages::all(ui, name)
}

/// The sign-in pages.
pub fn login_pages(ui: &Ui, name: &str) -> Vec<Rendered> {
    let mut pages = vec![
        render("login-sign-in", sign_in(ui, name, 2)),
        render("login-sign-in-many", SignInPage { password: None, ..sign_in(ui, name, 9) }),
        render("login-sign-in-local", sign_in(ui, name, 0)),
        render("login-sign-in-none", SignInPage { password: None, ..sign_in(ui, name, 0) }),
        render("login-sign-in-very-many", SignInPage { password: None, ..sign_in(ui, name, 60) }),
        render("login-sign-in-named", SignInPage { identifier: Some(name.to_owned()), ..sign_in(ui, name, 0) }),
        render("login-identify", identify(ui, name)),
        render("login-prompt", prompt(ui, name)),
        render("login-link", link(ui, name, CodeField::Offered)),
        render("login-link-without-mail", link(ui, name, CodeField::Unavailable)),
        render("login-link-code", link(ui, name, CodeField::Typed)),
        render("login-link-used-up", link(ui, name, CodeField::UsedUp)),
        render("login-sign-in-error", refused_sign_in(ui, name)),
        render(
            "login-sign-in-notice",
            SignInPage {
                notice: Some(Notice { text: ui.t("notice-other-tab"), tone: Tone::Info }),
                ..sign_in(ui, name, 1)
            },
        ),
        render(
            "login-sign-out",
            SignOutPage {
                ui: ui.clone(),
                csrf: "t0ken".to_owned(),
                action: "/logout".to_owned(),
                application: Some(name.to_owned()),
                fields: vec![HiddenField { name: "request".to_owned(), value: name.to_owned() }],
            },
        ),
        render(
            "login-signed-out",
            SignedOutPage {
                ui: ui.clone(),
                back: Some(Link { text: name.to_owned(), href: "https://payroll.test/".to_owned() }),
            },
        ),
        render(
            "login-auto-submit",
            AutoSubmitPage {
                ui: ui.clone(),
                action: "https://payroll.test/callback".to_owned(),
                fields: vec![HiddenField { name: "state".to_owned(), value: name.to_owned() }],
                application: name.to_owned(),
            },
        ),
        render("login-invitation", setup(ui, name, SetupPurpose::Invitation)),
        render("login-account-ready", AccountReadyPage { ui: ui.clone(), username: name.to_owned() }),
        render("login-setup", setup(ui, name, SetupPurpose::FirstAdmin)),
        render("login-new-password", setup(ui, name, SetupPurpose::NewPassword)),
        render("login-forgot", forgot(ui, name, ForgotStage::Asking)),
        render("login-forgot-sent", forgot(ui, name, ForgotStage::Sent)),
        render("login-forgot-unavailable", forgot(ui, name, ForgotStage::Unavailable)),
        render("login-recovery", setup(ui, name, SetupPurpose::Recovery)),
    ];
    pages.extend(passkey_pages::all(ui, name));
    pages.extend(factor_pages::all(ui, name));
    pages.extend(REFUSALS.iter().map(|code| render(&format!("login-refusal-{code}"), refusal(ui, name, *code))));
    pages
}

fn sign_in(ui: &Ui, name: &str, connections: usize) -> SignInPage {
    let ways = (0..connections).map(|i| WayToSignIn {
        connection: ConnectionId::parse(format!("c_{i}")).unwrap(),
        name: Named::new(["Acme OIDC", name, "Corp Login", "Google", "Microsoft"][i % 5]),
        button_text: (i == 3).then(|| name.to_owned()),
    });
    let last = ConnectionId::parse("c_1").unwrap();
    SignInPage {
        ui: ui.clone(),
        flow: flow(),
        application: name.to_owned(),
        csrf: "t0ken".to_owned(),
        step: 1,
        ways: Ways::find(ways.collect(), Some(&last), ""),
        identifier: None,
        password: Some(PasswordForm { username: name.to_owned(), forgot: Some("/login/f_1/forgot".to_owned()) }),
        passkey: None,
        notice: None,
        errors: FormErrors::none(),
    }
}

fn forgot(ui: &Ui, name: &str, stage: ForgotStage) -> ForgotPage {
    ForgotPage {
        ui: ui.clone(),
        flow: flow(),
        application: name.to_owned(),
        csrf: "t0ken".to_owned(),
        stage,
        minutes: 30,
        errors: FormErrors::none(),
    }
}

fn prompt(ui: &Ui, name: &str) -> PromptPage {
    let field = |label: &str, kind| usher_broker::login::script::ShownField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        value: name.to_owned(),
        required: true,
    };
    let fields = vec![field(name, "text"), field("Yes", "checkbox"), field("", "email")];
    let (ui, application, csrf) = (ui.clone(), name.to_owned(), "t0ken".to_owned());
    let (title, text) = (format!("Hello {name}"), name.to_owned());
    PromptPage { ui, flow: flow(), application, csrf, title, text, fields }
}

fn identify(ui: &Ui, name: &str) -> IdentifyPage {
    let SignInPage { ui, flow, application, csrf, step, ways, errors, passkey, .. } = sign_in(ui, name, 3);
    IdentifyPage { ui, flow, application, csrf, identifier: name.to_owned(), step, passkey, ways, errors }
}

fn link(ui: &Ui, name: &str, code: CodeField) -> LinkPage {
    let errors = match code {
        CodeField::Typed => FormErrors::at("code", ui.t("error-code-wrong")),
        CodeField::UsedUp => FormErrors::at("", ui.t("error-code-void")),
        CodeField::Unavailable => FormErrors::at("username", ui.t("error-credentials")),
        CodeField::Offered | CodeField::LastTyped => FormErrors::none(),
    };
    LinkPage {
        ui: ui.clone(),
        flow: flow(),
        csrf: "t0ken".to_owned(),
        external: name.to_owned(),
        connection: name.to_owned(),
        username: name.to_owned(),
        code,
        errors,
    }
}

fn refused_sign_in(ui: &Ui, name: &str) -> SignInPage {
    let mut errors = FormErrors::at("username", ui.t("error-credentials"));
    errors.add("password", ui.t("error-password-empty"));
    SignInPage { errors, ..sign_in(ui, name, 1) }
}

fn setup(ui: &Ui, name: &str, purpose: SetupPurpose) -> SetupPage {
    let errors = match purpose {
        SetupPurpose::FirstAdmin | SetupPurpose::Invitation | SetupPurpose::NewPassword => FormErrors::none(),
        SetupPurpose::Recovery => FormErrors::at("password_again", ui.t("error-passwords-differ")),
    };
    SetupPage {
        ui: ui.clone(),
        purpose,
        action: "/setup/t0ken".to_owned(),
        csrf: "t0ken".to_owned(),
        username: name.to_owned(),
        password_characters: 10,
        errors,
    }
}

fn refusal(ui: &Ui, name: &str, code: RefusalCode) -> RefusalPage {
    let url = "/login/f_1".to_owned();
    RefusalPage {
        ui: ui.clone(),
        code,
        provider: Some(name.to_owned()),
        detail: (code == RefusalCode::BadRequest).then(|| name.to_owned()),
        wait_minutes: (code == RefusalCode::Locked).then_some(5),
        actions: vec![
            RefusalAction::Restart { action: "/login/f_1/restart".to_owned(), csrf: "t0ken".to_owned() },
            RefusalAction::StartAgain { url: url.clone() },
            RefusalAction::TryAgain { url: url.clone() },
            RefusalAction::AnotherWay { url: url.clone() },
            RefusalAction::AnotherAccount { url: url.clone() },
            RefusalAction::Back { url, application: name.to_owned() },
        ],
        correlation: correlation(),
        at: now(),
    }
}

/// Every code; `status_of` fails to compile when one is new, and then it belongs here too.
pub const REFUSALS: [RefusalCode; 26] = [
    RefusalCode::TxExpired,
    RefusalCode::TxOtherBrowser,
    RefusalCode::TxAlreadyUsed,
    RefusalCode::IdpDenied,
    RefusalCode::IdpUnreachable,
    RefusalCode::IdpResponseInvalid,
    RefusalCode::ConnectionUnavailable,
    RefusalCode::NoAccount,
    RefusalCode::ProvisioningRefused,
    RefusalCode::LinkAmbiguous,
    RefusalCode::LinkRefused,
    RefusalCode::LinkMismatch,
    RefusalCode::AccountDisabled,
    RefusalCode::MfaNeedsAccount,
    RefusalCode::MfaUnavailable,
    RefusalCode::ScriptDenied,
    RefusalCode::ScriptError,
    RefusalCode::AppAccessDenied,
    RefusalCode::BadRequest,
    RefusalCode::RedirectUriMismatch,
    RefusalCode::Locked,
    RefusalCode::RateLimited,
    RefusalCode::CsrfFailed,
    RefusalCode::NotFound,
    RefusalCode::Unavailable,
    RefusalCode::Internal,
];
