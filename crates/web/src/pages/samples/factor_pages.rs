//! Sample content of the pages about second factors, in all their states.

use usher_domain::{Authenticator, ConnectionId, RefusalCode};
use usher_login_flow::factors::totp::{self, TotpSecret};

use super::{Rendered, flow, refusal, render};
use crate::forms::FormErrors;
use crate::pages::{
    FactorKind, FactorPage, FactorWays, Named, PasswordForm, RecoveryCodesPage, RefusalPage, Ui, WayToSignIn,
};

pub(super) fn all(ui: &Ui, name: &str) -> Vec<Rendered> {
    let mail = |waits, may_send| FactorKind::Mail { to: format!("b…b@{name}"), waits, may_send };
    let wrong = || FormErrors::at("code", ui.t("error-code-wrong"));
    let plain = |kind| factor(ui, name, kind);
    let several = || FactorWays {
        others: vec![Authenticator::EmailOtp, Authenticator::Passkey, Authenticator::Totp],
        may_be_lost: true,
        ..FactorWays::default()
    };
    let typed = PasswordForm { username: name.to_owned(), forgot: None };
    let everything = FactorWays { open: true, connections: vec![way(name)], password: Some(typed), ..several() };
    let choices = vec![Authenticator::Totp, Authenticator::Passkey];
    let may_choose = FactorWays { may_choose: true, ..FactorWays::default() };
    let refused = FormErrors::at("username", ui.t("error-credentials"));
    vec![
        render("login-factor-app", plain(FactorKind::App)),
        render("login-factor-app-wrong", FactorPage { errors: wrong(), ways: several(), ..plain(FactorKind::App) }),
        render("login-factor-app-remember", FactorPage { remember_days: Some(30), ..plain(FactorKind::App) }),
        render("login-factor-mail", FactorPage { ways: several(), ..plain(mail(true, true)) }),
        render("login-factor-mail-wrong", FactorPage { errors: wrong(), ..plain(mail(true, true)) }),
        render("login-factor-mail-void", void(ui, "error-code-void-send", plain(mail(false, true)))),
        render("login-factor-mail-used-up", void(ui, "error-code-void", plain(mail(false, false)))),
        render("login-factor-lost", FactorPage { ways: several(), ..plain(FactorKind::Lost { codes_left: true }) }),
        render("login-factor-help", FactorPage { errors: wrong(), ..plain(FactorKind::Lost { codes_left: false }) }),
        render("login-factor-new-app", FactorPage { remember_days: Some(1), ..plain(new_app(name)) }),
        render("login-factor-new-app-wrong", FactorPage { errors: wrong(), ways: may_choose, ..plain(new_app(name)) }),
        render("login-factor-choice", plain(FactorKind::Choice { choices })),
        render("login-factor-elsewhere", FactorPage { ways: everything.clone(), ..plain(FactorKind::Elsewhere) }),
        render(
            "login-factor-password-wrong",
            FactorPage { ways: everything, errors: refused, ..plain(FactorKind::App) },
        ),
        render("login-recovery-codes", codes(ui, FormErrors::none())),
        render("login-refusal-given-up", RefusalPage { provider: None, ..refusal(ui, name, RefusalCode::IdpDenied) }),
        render("login-recovery-codes-unsaved", codes(ui, FormErrors::at("saved", ui.t("error-codes-saved")))),
    ]
}

fn factor(ui: &Ui, name: &str, kind: FactorKind) -> FactorPage {
    FactorPage {
        ui: ui.clone(),
        flow: flow(),
        application: name.to_owned(),
        csrf: "t0ken".to_owned(),
        step: 2,
        kind,
        ways: FactorWays { may_be_lost: true, ..FactorWays::default() },
        remember_days: None,
        errors: FormErrors::none(),
    }
}

fn void(ui: &Ui, key: &str, page: FactorPage) -> FactorPage {
    FactorPage { errors: FormErrors::at("code", ui.t(key)), ..page }
}

fn new_app(name: &str) -> FactorKind {
    let secret = TotpSecret::new(*b"12345678901234567890");
    let otpauth = totp::otpauth(&secret, "Usher", name);
    FactorKind::NewApp {
        key: secret.grouped().expose().to_owned(),
        qr: totp::qr(&otpauth).map(|qr| (qr.side.to_string(), qr.path)),
        otpauth: otpauth.expose().to_owned(),
    }
}

fn way(name: &str) -> WayToSignIn {
    WayToSignIn { connection: ConnectionId::parse("c_1").unwrap(), name: Named::new(name), button_text: None }
}

fn codes(ui: &Ui, errors: FormErrors) -> RecoveryCodesPage {
    let codes = (0..10).map(|n| format!("ABCD{n}-FGHJK")).collect();
    RecoveryCodesPage { ui: ui.clone(), flow: flow(), csrf: "t0ken".to_owned(), codes, errors }
}
