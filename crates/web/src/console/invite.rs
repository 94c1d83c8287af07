//! Users › Invite: the one-time link, by mail or shown once.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::console::users;
use usher_broker::invitations::{self, Invited};
use usher_domain::{SecretText, User, UserId};

use super::session::{Answer, Console, Posted, Rejected, Stop};
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::console::{FlashKind, InvitationWay, InvitePage, Section};
use crate::pages::paths::{self, routes};
use crate::state::App;

const SECTION: Section = Section::Users;

pub fn routes() -> Router<App> {
    Router::new().route(routes::USER_INVITE, get(show).post(invite))
}

async fn find(console: &Console, id: String) -> Result<User, Stop> {
    let Ok(id) = UserId::parse(id) else { return Err(console.gone(SECTION)) };
    let found = users::details(console.broker(), &id).await.map_err(|fault| console.fail(fault))?;
    found.map(|details| details.user).ok_or_else(|| console.gone(SECTION))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let user = find(&console, id).await?;
    Ok(page(&console, &user, None, Rejected { status: StatusCode::OK, errors: FormErrors::none() }))
}

/// The link is answered to the POST itself: an address that showed it could be opened again.
fn page(console: &Console, user: &User, link: Option<SecretText>, rejected: Rejected) -> Response {
    let mailed = console.broker().can_mail() && usher_broker::mail::verified_address(user).is_some();
    let view = InvitePage {
        shell: console.shell(SECTION),
        id: user.id.clone(),
        name: Named::new(user.username.as_str()),
        way: if mailed { InvitationWay::Mail } else { InvitationWay::Hand },
        hours: invitations::HOURS,
        link,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn invite(Path(id): Path<String>, Posted { console, .. }: Posted) -> Answer {
    let user = find(&console, id).await?;
    match invitations::invite(console.broker(), &console.admin, &user.id, console.visitor()).await {
        Ok(Invited::Mailed(_)) => {
            Ok(console.done(&paths::user(routes::USER_PROFILE, &user.id), FlashKind::InvitationQueued))
        }
        Ok(Invited::Link(link)) => {
            let fine = Rejected { status: StatusCode::OK, errors: FormErrors::none() };
            Ok(page(&console, &user, Some(link), fine))
        }
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(page(&console, &user, None, rejected))
        }
    }
}
