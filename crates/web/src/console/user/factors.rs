//! The tab MFA devices and the page that sends a link for a new password: what a helpdesk does.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::users::UserDetails;
use usher_broker::helpdesk::{self, BYPASS_MINUTES, Device, FactorRef, ResetLink};
use usher_broker::mail::verified_address;
use usher_broker::password_reset;
use usher_domain::SecretText;

use super::super::session::{Answer, Console, Posted, Rejected, Stop};
use super::{SECTION, find, head};
use crate::forms::FormErrors;
use crate::pages::console::{BypassForm, DeviceRow, FlashKind, InvitationWay, UserFactorsPage, UserPasswordPage};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::USER_FACTORS, get(show).post(change)).route(routes::USER_PASSWORD, get(ask).post(send))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    page(&console, &details, None, Rejected::none()).await
}

/// The code is answered to the POST itself: an address that showed it could be opened again.
async fn page(
    console: &Console,
    details: &UserDetails,
    code: Option<SecretText>,
    rejected: Rejected,
) -> Result<Response, Stop> {
    let factors = helpdesk::factors_of(console.broker(), &details.user.id).await;
    let factors = factors.map_err(|fault| console.fail(fault))?;
    let count = |key, number: u64| console.ui.count(key, "number", number);
    let view = UserFactorsPage {
        shell: console.helping_shell(SECTION),
        user: head(console, &details.user),
        devices: factors.devices.iter().map(|device| row(console, device)).collect(),
        recovery: (factors.recovery_left > 0)
            .then(|| count("recovery-codes-left", u64::try_from(factors.recovery_left).unwrap_or(0))),
        recovery_value: FactorRef::RecoveryCodes.to_text(),
        remembered: count("browsers-remembered", u64::try_from(factors.remembered).unwrap_or(0)),
        bypass: factors.bypass.map(|code| (code.created_by, code.expires_at)),
        form: BypassForm::of(&console.ui, &BYPASS_MINUTES),
        code,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

fn row(console: &Console, device: &Device) -> DeviceRow {
    let kind = device.factor.authenticator().as_str().replace('_', "-");
    DeviceRow {
        value: device.factor.to_text(),
        kind: console.ui.t(format!("factor-{kind}")),
        name: device.name.clone(),
        created_at: device.created_at,
        last_used_at: device.last_used_at,
    }
}

async fn change(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let user = &details.user.id;
    let done = match fields.text("action") {
        "remove" => {
            let Some(factor) = FactorRef::parse(fields.text("factor")) else { return Err(console.gone(SECTION)) };
            helpdesk::remove_factor(broker, admin, (user, &factor), visitor).await.map(|()| FlashKind::FactorRemoved)
        }
        "reset" => helpdesk::reset_factors(broker, admin, user, visitor).await.map(|()| FlashKind::FactorsReset),
        "bypass" => {
            let minutes = fields.text("minutes").parse().unwrap_or(0);
            match helpdesk::issue_bypass(broker, admin, (user, minutes), visitor).await {
                Ok(code) => return page(&console, &details, Some(code), Rejected::none()).await,
                Err(error) => Err(error),
            }
        }
        _ => return Err(console.gone(SECTION)),
    };
    match done {
        Ok(flash) => Ok(console.done(&paths::user(routes::USER_FACTORS, user), flash)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            page(&console, &details, None, rejected).await
        }
    }
}

async fn ask(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    Ok(password_page(&console, &details, None, FormErrors::none()))
}

fn password_page(console: &Console, details: &UserDetails, link: Option<SecretText>, errors: FormErrors) -> Response {
    let mailed = console.broker().can_mail() && verified_address(&details.user).is_some();
    let rejected = if errors.any() { Rejected::fields(errors) } else { Rejected::none() };
    let view = UserPasswordPage {
        shell: console.helping_shell(SECTION),
        user: head(console, &details.user),
        way: if mailed { InvitationWay::Mail } else { InvitationWay::Hand },
        minutes: password_reset::MINUTES,
        link,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn send(Path(id): Path<String>, Posted { console, .. }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let user = &details.user.id;
    match helpdesk::reset_password(console.broker(), &console.admin, user, console.visitor()).await {
        Ok(ResetLink::Mailed(_)) => {
            Ok(console.done(&paths::user(routes::USER_PROFILE, user), FlashKind::PasswordLinkQueued))
        }
        Ok(ResetLink::Link(link)) => Ok(password_page(&console, &details, Some(link), FormErrors::none())),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(password_page(&console, &details, None, rejected.errors))
        }
    }
}
