//! How a person signs in and what is linked, with sample content.

use super::account_pages::MakeShell;
use super::{Rendered, now, render};
use crate::forms::FormErrors;
use crate::pages::account::{
    AppPage, CodesPage, ConfirmLinkPage, DevicePage, DeviceView, LinkedPage, LinkedView, NewPasskeyPage, PasswordPage,
    Section, SecurityPage, UnlinkPage,
};
use crate::pages::{Link, Named, Tag, Tone};

pub fn all(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let mut pages = security(shell, name);
    pages.extend(setting_up(shell, name));
    pages.extend(linked(shell, name));
    pages
}

fn device(name: &str, id: &str, backup: Option<Tag>) -> DeviceView {
    DeviceView {
        name: name.to_owned(),
        created_at: now(),
        last_used_at: backup.as_ref().map(|_| now()),
        backup,
        href: format!("/account/security/device/{id}"),
    }
}

fn security(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let synced = || Some(Tag::new(name, Tone::Info));
    let page = |full: bool| SecurityPage {
        shell: shell(Section::Security),
        password: full,
        passkeys: if full { vec![device(name, "passkey/Abc", synced())] } else { Vec::new() },
        passkeys_possible: full,
        apps: if full { vec![device(name, "totp/totp_1", None)] } else { Vec::new() },
        codes_left: name.to_owned(),
        may_make_codes: full,
    };
    let one = |last_factor, last_way_in, errors| DevicePage {
        shell: shell(Section::Security),
        device: device(name, "passkey/Abc", synced()),
        kind: name.to_owned(),
        remove: "/account/security/device/passkey/Abc/remove".to_owned(),
        last_factor,
        last_way_in,
        errors,
    };
    vec![
        render("account-security", page(true)),
        render("account-security-bare", page(false)),
        render("account-device", one(true, false, FormErrors::none())),
        render("account-device-last-way", one(false, true, FormErrors::at("name", name))),
    ]
}

fn setting_up(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let password = |has, errors| PasswordPage { shell: shell(Section::Security), has, characters: 10, errors };
    let app = |errors| AppPage {
        shell: shell(Section::Security),
        key: "JBSW Y3DP EHPK 3PXP".to_owned(),
        otpauth: "otpauth://totp/Usher".to_owned(),
        qr: Some(("21".to_owned(), "M0 0h1v1H0z".to_owned())),
        name: name.to_owned(),
        errors,
    };
    let passkey = |errors| NewPasskeyPage {
        shell: shell(Section::Security),
        options: "{}".to_owned(),
        name: name.to_owned(),
        errors,
    };
    let codes = |codes: &[&str], errors| CodesPage {
        shell: shell(Section::Security),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        codes_left: name.to_owned(),
        errors,
    };
    vec![
        render("account-password", password(true, FormErrors::none())),
        render("account-password-error", password(true, FormErrors::at("current", name))),
        render("account-password-first", password(false, FormErrors::none())),
        render("account-app", app(FormErrors::none())),
        render("account-app-error", app(FormErrors::at("code", name))),
        render("account-passkey", passkey(FormErrors::none())),
        render("account-passkey-error", passkey(FormErrors::at("passkey", name))),
        render("account-codes", codes(&[], FormErrors::none())),
        render("account-codes-save", codes(&["ABCDE-FGHJK", "12345-67890"], FormErrors::at("saved", name))),
    ]
}

fn linked(shell: MakeShell<'_>, name: &str) -> Vec<Rendered> {
    let account = || LinkedView {
        connection: Named::new(name),
        external: name.to_owned(),
        origin: name.to_owned(),
        since: now(),
        last_used_at: now(),
        href: "/account/linked/remove/l_1".to_owned(),
    };
    let list = |accounts, linkable, errors| LinkedPage { shell: shell(Section::Linked), accounts, linkable, errors };
    let way = Link { text: name.to_owned(), href: "/account/linked/go/c_1".to_owned() };
    let unlink = |last_way_in| UnlinkPage {
        shell: shell(Section::Linked),
        account: account(),
        last_way_in,
        errors: FormErrors::none(),
    };
    vec![
        render("account-linked", list(vec![account()], vec![way], FormErrors::none())),
        render("account-linked-none", list(Vec::new(), Vec::new(), FormErrors::at("", name))),
        render(
            "account-link",
            ConfirmLinkPage { shell: shell(Section::Linked), connection: name.to_owned(), external: name.to_owned() },
        ),
        render("account-unlink", unlink(false)),
        render("account-unlink-last", unlink(true)),
    ]
}
