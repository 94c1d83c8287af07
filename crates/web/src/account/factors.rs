//! Authenticator apps and passkeys: added, named, removed.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::account::devices;
use usher_broker::account::passkeys;
use usher_broker::account::totp::{self, Added};
use usher_broker::account::ways_in::Removal;
use usher_broker::helpdesk::FactorRef;

use super::security::view;
use super::session::{Account, Answer, Posted, Rejected, Stop};
use crate::pages::account::{AppPage, DevicePage, NewPasskeyPage, Section};
use crate::pages::device_name;
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::ACCOUNT_APP, get(new_app).post(confirm_app))
        .route(routes::ACCOUNT_PASSKEY, get(new_passkey).post(finish_passkey))
        .route(routes::ACCOUNT_DEVICE, get(device).post(rename))
        .route(routes::ACCOUNT_DEVICE_REMOVE, get(device).post(remove))
}

/// Onwards after something was added: to the codes, where they were made with it.
fn added(account: &Account, added: Added, flash: &'static str) -> axum::response::Response {
    let next = match added {
        Added::Alone => routes::ACCOUNT_SECURITY,
        Added::WithCodes => routes::ACCOUNT_CODES,
    };
    account.done(next, flash)
}

async fn new_app(account: Account) -> Answer {
    let name = account.ui.t("account-app-name");
    app_page(&account, name, Rejected::none()).await
}

async fn app_page(account: &Account, name: String, rejected: Rejected) -> Answer {
    let new = match totp::begin(account.broker(), &account.person).await {
        Ok(new) => new,
        Err(not) => return Err(instead(account, not)),
    };
    let page = AppPage {
        shell: account.shell(Section::Security),
        key: new.key.expose().to_owned(),
        otpauth: new.otpauth.expose().to_owned(),
        qr: new.qr.map(|qr| (qr.side.to_string(), qr.path)),
        name,
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, page))
}

/// Where something cannot even be begun: the sign-in, or the page that says why.
fn instead(account: &Account, not: usher_broker::account::NotDone) -> Stop {
    match account.rejected(not) {
        Err(stop) => stop,
        Ok(_) => account.gone(),
    }
}

async fn confirm_app(posted: Posted) -> Answer {
    let Posted { account, fields } = posted;
    let typed = (fields.text("code"), fields.text("name"));
    match totp::confirm(account.broker(), &account.person, typed, account.visitor()).await {
        Ok(done) => Ok(added(&account, done, "account-flash-app")),
        Err(not) => {
            let rejected = account.rejected(not)?;
            app_page(&account, fields.owned("name"), rejected).await
        }
    }
}

async fn new_passkey(account: Account) -> Answer {
    let name = device_name(&account.ui, account.visitor().agent.as_deref());
    passkey_page(&account, name, Rejected::none()).await
}

async fn passkey_page(account: &Account, name: String, rejected: Rejected) -> Answer {
    let options = match passkeys::begin(account.broker(), &account.person).await {
        Ok(options) => options,
        Err(not) => return Err(instead(account, not)),
    };
    let page = NewPasskeyPage { shell: account.shell(Section::Security), options, name, errors: rejected.errors };
    Ok(account.page_as(rejected.status, page))
}

async fn finish_passkey(posted: Posted) -> Answer {
    let Posted { account, fields } = posted;
    let typed = (fields.text("answer"), fields.text("name"));
    match passkeys::finish(account.broker(), &account.person, typed, account.visitor()).await {
        Ok(done) => Ok(added(&account, done, "account-flash-passkey")),
        Err(not) => {
            let rejected = account.rejected(not)?;
            passkey_page(&account, fields.owned("name"), rejected).await
        }
    }
}

/// The device of an address; recovery codes are none.
fn factor(account: &Account, (kind, id): (String, String)) -> Result<FactorRef, Stop> {
    let read = FactorRef::parse(&format!("{kind}:{id}")).filter(|factor| *factor != FactorRef::RecoveryCodes);
    read.ok_or_else(|| account.gone())
}

async fn device(account: Account, Path(path): Path<(String, String)>) -> Answer {
    let factor = factor(&account, path)?;
    device_page(&account, &factor, Rejected::none()).await
}

async fn device_page(account: &Account, factor: &FactorRef, rejected: Rejected) -> Answer {
    let found = match devices::look(account.broker(), &account.person, factor).await {
        Ok(found) => found,
        Err(not) => return Err(instead(account, not)),
    };
    let kind = match factor {
        FactorRef::Passkey(_) => "passkey-name",
        FactorRef::Totp(_) | FactorRef::RecoveryCodes => "account-app-name",
    };
    let page = DevicePage {
        shell: account.shell(Section::Security),
        device: view(&account.ui, &found.device),
        kind: account.ui.t(kind),
        remove: paths::account_device(routes::ACCOUNT_DEVICE_REMOVE, &factor.to_text()),
        last_factor: found.last_factor,
        last_way_in: found.removal == Removal::LastWayIn,
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, page))
}

async fn rename(Path(path): Path<(String, String)>, posted: Posted) -> Answer {
    let Posted { account, fields } = posted;
    let factor = factor(&account, path)?;
    let wanted = (&factor, fields.text("name"));
    match devices::rename(account.broker(), &account.person, wanted, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_SECURITY, "account-flash-renamed")),
        Err(not) => device_page(&account, &factor, account.rejected(not)?).await,
    }
}

async fn remove(Path(path): Path<(String, String)>, posted: Posted) -> Answer {
    let account = posted.account;
    let factor = factor(&account, path)?;
    match devices::remove(account.broker(), &account.person, &factor, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_SECURITY, "account-flash-removed")),
        Err(not) => device_page(&account, &factor, account.rejected(not)?).await,
    }
}
