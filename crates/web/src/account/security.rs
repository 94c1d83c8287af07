//! How a person signs in: the overview, the password, recovery codes.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use usher_broker::account::devices::{self, Device};
use usher_broker::account::password::{self, PasswordForm};
use usher_broker::account::recovery;
use usher_broker::helpdesk::FactorRef;
use usher_domain::SecretText;
use usher_storage::passkeys::Backup;

use super::session::{Account, Answer, Posted, Rejected};
use crate::error::see_other;
use crate::forms::FormErrors;
use crate::pages::account::{CodesPage, DeviceView, PasswordPage, Section, SecurityPage};
use crate::pages::paths::{self, routes};
use crate::pages::{Tag, Tone, Ui};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::ACCOUNT_SECURITY, get(overview))
        .route(routes::ACCOUNT_PASSWORD, get(ask_password).post(set_password))
        .route(routes::ACCOUNT_CODES, get(codes).post(codes_saved))
        .route(routes::ACCOUNT_CODES_NEW, get(|| async { see_other(routes::ACCOUNT_CODES) }).post(make_codes))
        .route(routes::ACCOUNT_CODES_FILE, get(codes_file))
}

async fn overview(account: Account) -> Answer {
    let held = devices::security(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let may_make_codes = !held.devices.is_empty();
    let is_app = |device: &Device| matches!(device.factor, FactorRef::Totp(_));
    let (apps, passkeys): (Vec<_>, Vec<_>) = held.devices.iter().partition(|device| is_app(device));
    let views = |devices: Vec<&Device>| devices.into_iter().map(|device| view(&account.ui, device)).collect();
    Ok(account.page(SecurityPage {
        shell: account.shell(Section::Security),
        password: held.password,
        passkeys: views(passkeys),
        passkeys_possible: held.passkeys_possible,
        apps: views(apps),
        codes_left: left(&account.ui, held.recovery_left),
        may_make_codes,
    }))
}

fn left(ui: &Ui, number: i64) -> String {
    ui.count("account-codes-left", "left", u64::try_from(number).unwrap_or(0))
}

/// A device as pages show it.
pub fn view(ui: &Ui, device: &Device) -> DeviceView {
    let backup = device.backup.map(|backup| match backup {
        Backup::Present => Tag::new(ui.t("account-passkey-backed-up"), Tone::Info),
        Backup::None => Tag::new(ui.t("account-passkey-one-device"), Tone::Neutral),
    });
    DeviceView {
        name: device.name.clone(),
        created_at: device.created_at,
        last_used_at: device.last_used_at,
        backup,
        href: paths::account_device(routes::ACCOUNT_DEVICE, &device.factor.to_text()),
    }
}

async fn ask_password(account: Account) -> Answer {
    if let Err(not) = password::demand(account.broker(), &account.person).await {
        account.rejected(not)?;
    }
    password_page(&account, Rejected::none()).await
}

async fn password_page(account: &Account, rejected: Rejected) -> Answer {
    let has = password::exists(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let page = PasswordPage {
        shell: account.shell(Section::Security),
        has,
        characters: u64::from(account.broker().snapshot().security.min_characters),
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, page))
}

async fn set_password(posted: Posted) -> Answer {
    let Posted { account, fields } = posted;
    let typed = |name: &str| SecretText::new(fields.owned(name));
    let form = PasswordForm { current: typed("current"), new: typed("new"), again: typed("again") };
    match password::change(account.broker(), &account.person, form, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_SECURITY, "account-flash-password")),
        Err(not) => password_page(&account, account.rejected(not)?).await,
    }
}

async fn codes(account: Account) -> Answer {
    codes_page(&account, Rejected::none()).await
}

async fn codes_page(account: &Account, rejected: Rejected) -> Answer {
    let broker = account.broker();
    let held = devices::security(broker, &account.person).await.map_err(|fault| account.fail(fault))?;
    let waiting = recovery::waiting(broker, &account.person).await.map_err(|fault| account.fail(fault))?;
    let page = CodesPage {
        shell: account.shell(Section::Security),
        codes: waiting.unwrap_or_default(),
        codes_left: left(&account.ui, held.recovery_left),
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, page))
}

async fn make_codes(posted: Posted) -> Answer {
    let account = posted.account;
    match recovery::make(account.broker(), &account.person).await {
        Ok(()) => Ok(see_other(routes::ACCOUNT_CODES)),
        Err(not) => codes_page(&account, account.rejected(not)?).await,
    }
}

async fn codes_saved(posted: Posted) -> Answer {
    let Posted { account, fields } = posted;
    if !fields.ticked("saved") {
        let rejected = Rejected::fields(FormErrors::at("saved", account.ui.t("error-codes-saved")));
        return codes_page(&account, rejected).await;
    }
    match recovery::confirm(account.broker(), &account.person, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_SECURITY, "account-flash-codes")),
        Err(not) => codes_page(&account, account.rejected(not)?).await,
    }
}

/// The same codes as a file, while they wait to be saved.
async fn codes_file(account: Account) -> Answer {
    let waiting = recovery::waiting(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let codes = waiting.ok_or_else(|| account.gone())?;
    let attachment = (header::CONTENT_DISPOSITION, "attachment; filename=\"recovery-codes.txt\"");
    let plain = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    Ok::<Response, _>(([attachment, plain], codes.join("\r\n") + "\r\n").into_response())
}
