//! The tab Linked accounts: why each link was made, unlinking, linking by hand.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::connections;
use usher_broker::console::users::{self, LinkForm, UserDetails, WayIn};
use usher_domain::{FederatedLink, LinkId};

use super::super::session::{Answer, Console, Posted, Rejected, Stop};
use super::super::words;
use super::{SECTION, find, head, open};
use crate::pages::Named;
use crate::pages::console::{FlashKind, LinkByHandForm, LinkedAccountRow, UserLinkPage, UserLinkedPage};
use crate::pages::paths::{self, routes};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::USER_LINKED, get(show))
        .route(routes::USER_LINK, get(ask_link).post(link))
        .route(routes::USER_UNLINK, get(open).post(unlink))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    page(&console, &details, Rejected::none()).await
}

async fn page(console: &Console, details: &UserDetails, rejected: Rejected) -> Result<Response, Stop> {
    let mut links = Vec::new();
    for link in &details.links {
        links.push(row(console, details, link).await?);
    }
    let view = UserLinkedPage {
        shell: console.shell(SECTION),
        user: head(console, &details.user),
        links,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

async fn row(console: &Console, details: &UserDetails, link: &FederatedLink) -> Result<LinkedAccountRow, Stop> {
    let snapshot = console.broker().snapshot();
    let way_in = users::way_in(console.broker(), &details.user.id, &link.id).await;
    let made = users::made_by(console.broker(), link).await.map_err(|fault| console.fail(fault))?;
    Ok(LinkedAccountRow {
        id: link.id.clone(),
        connection: Named::new(&words::connection_name(&console.ui, &snapshot, &link.key.connection)),
        issuer: link.key.issuer.clone(),
        subject: console.shown(&link.key.subject),
        created_at: link.created_at,
        last_used_at: link.last_used_at,
        why: users::why(link),
        settings_revision: users::settings_revision(link),
        only_way_in: way_in.map_err(|fault| console.fail(fault))? == WayIn::Only,
        trace: made,
    })
}

async fn unlink(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let Ok(link) = LinkId::parse(fields.text("link")) else { return Err(console.gone(SECTION)) };
    let wanted = (&details.user.id, &link);
    match users::unlink(console.broker(), &console.admin, wanted, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_LINKED, &details.user.id), FlashKind::LinkRemoved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            page(&console, &details, rejected).await
        }
    }
}

async fn ask_link(Path(id): Path<String>, console: Console) -> Answer {
    let details = find(&console, id).await?;
    Ok(link_page(&console, &details, LinkByHandForm::default(), Rejected::none()))
}

fn link_page(console: &Console, details: &UserDetails, form: LinkByHandForm, rejected: Rejected) -> Response {
    let all = connections::list(console.broker());
    let view = UserLinkPage {
        shell: console.shell(SECTION),
        user: head(console, &details.user),
        form,
        connections: all.into_iter().map(|connection| (connection.id.to_string(), connection.name)).collect(),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

async fn link(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let details = find(&console, id).await?;
    let form = LinkByHandForm {
        connection: fields.owned("connection"),
        issuer: fields.owned("issuer"),
        subject: fields.owned("subject"),
    };
    let wanted =
        LinkForm { connection: form.connection.clone(), issuer: form.issuer.clone(), subject: form.subject.clone() };
    let wanted = (&details.user.id, &wanted);
    match users::link_by_hand(console.broker(), &console.admin, wanted, console.visitor()).await {
        Ok(()) => Ok(console.done(&paths::user(routes::USER_LINKED, &details.user.id), FlashKind::AccountLinked)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(link_page(&console, &details, form, rejected))
        }
    }
}
