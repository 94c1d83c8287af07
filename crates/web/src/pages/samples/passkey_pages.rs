//! Every page that asks for a passkey, or makes one.

use usher_domain::Authenticator;

use super::super::{FactorWays, IdentifyPage, PasskeyPage, PasskeyTask, SignInPage, Ui};
use super::{Rendered, flow, identify, render, sign_in};
use crate::forms::FormErrors;

const OPTIONS: &str = r#"{"publicKey":{"challenge":"AQID","rpId":"localhost"}}"#;

/// The pages.
pub fn all(ui: &Ui, name: &str) -> Vec<Rendered> {
    let options = || Some(OPTIONS.to_owned());
    let wrong = || FormErrors::at("passkey", ui.t("error-passkey"));
    let alone = |ways| SignInPage { password: None, passkey: options(), ..sign_in(ui, name, ways) };
    let set_up = || PasskeyTask::SetUp { name: name.to_owned() };
    vec![
        render("login-sign-in-passkey", SignInPage { passkey: options(), ..sign_in(ui, name, 2) }),
        render("login-sign-in-passkey-only", alone(0)),
        render("login-sign-in-passkey-refused", SignInPage { errors: wrong(), ..alone(2) }),
        render("login-identify-passkey", IdentifyPage { passkey: options(), ..identify(ui, name) }),
        render(
            "login-identify-passkey-refused",
            IdentifyPage { passkey: options(), errors: wrong(), ..identify(ui, name) },
        ),
        render("login-passkey", page(ui, name, PasskeyTask::Prove)),
        render("login-passkey-refused", PasskeyPage { errors: wrong(), ..page(ui, name, PasskeyTask::Prove) }),
        render("login-passkey-new", PasskeyPage { ways: FactorWays::default(), ..page(ui, name, set_up()) }),
        render("login-passkey-new-refused", PasskeyPage { errors: wrong(), ..page(ui, name, set_up()) }),
    ]
}

fn page(ui: &Ui, name: &str, task: PasskeyTask) -> PasskeyPage {
    PasskeyPage {
        ui: ui.clone(),
        flow: flow(),
        application: name.to_owned(),
        csrf: "t0ken".to_owned(),
        step: 2,
        options: OPTIONS.to_owned(),
        ways: FactorWays {
            others: vec![Authenticator::Totp, Authenticator::EmailOtp],
            may_be_lost: task == PasskeyTask::Prove,
            ..FactorWays::default()
        },
        task,
        remember_days: None,
        errors: FormErrors::none(),
    }
}
