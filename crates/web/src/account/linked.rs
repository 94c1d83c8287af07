//! Linked accounts: listed, another one linked, one unlinked.
//!
//! The way to the provider is a link, since a form may lead nowhere but here; it begins something that is confirmed by a
//! form afterwards.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::account::linking;
use usher_broker::account::links::{self, LinkedAccount, Origin};
use usher_broker::account::ways_in::Removal;
use usher_domain::{ConnectionId, LinkId};

use super::session::{Account, Answer, Posted, Rejected, Stop};
use crate::error::see_other;
use crate::pages::account::{ConfirmLinkPage, LinkedPage, LinkedView, Section, UnlinkPage};
use crate::pages::paths::{self, routes};
use crate::pages::{Link, Named, Ui};
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::ACCOUNT_LINKED, get(list))
        .route(routes::ACCOUNT_LINK, get(depart))
        .route(routes::ACCOUNT_LINK_CONFIRM, get(offered).post(decide))
        .route(routes::ACCOUNT_UNLINK, get(ask).post(unlink))
}

async fn list(account: Account) -> Answer {
    list_page(&account, Rejected::none()).await
}

async fn list_page(account: &Account, rejected: Rejected) -> Answer {
    let found = links::linked(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let ui = &account.ui;
    let linkable = found.linkable.iter().map(|way| Link {
        text: ui.t1("account-link-with", "connection", &way.name),
        href: paths::connection(routes::ACCOUNT_LINK, &way.id),
    });
    let page = LinkedPage {
        shell: account.shell(Section::Linked),
        accounts: found.accounts.iter().map(|linked| view(ui, linked)).collect(),
        linkable: linkable.collect(),
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, page))
}

fn view(ui: &Ui, linked: &LinkedAccount) -> LinkedView {
    let origin = match linked.origin {
        Origin::MadeTheAccount => "account-linked-made",
        Origin::Rule => "account-linked-rule",
        Origin::Proof => "account-linked-proved",
        Origin::Administrator => "account-linked-admin",
        Origin::Person => "account-linked-person",
    };
    let name = linked.connection.clone().unwrap_or_else(|| ui.t("account-linked-gone"));
    LinkedView {
        connection: Named::new(&name),
        external: linked.external.clone(),
        origin: ui.t(origin),
        since: linked.since,
        last_used_at: linked.last_used_at,
        href: paths::account_link(&linked.link),
    }
}

async fn depart(account: Account, Path(connection): Path<String>) -> Answer {
    let connection = ConnectionId::parse(connection).map_err(|_| account.gone())?;
    match linking::depart(account.broker(), &account.person, &connection, account.visitor()).await {
        Ok(url) => Ok(see_other(&url)),
        Err(not) => list_page(&account, account.rejected(not)?).await,
    }
}

async fn offered(account: Account) -> Answer {
    let offer = linking::offered(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
    let Some(offer) = offer else { return Ok(see_other(routes::ACCOUNT_LINKED)) };
    Ok(account.page(ConfirmLinkPage {
        shell: account.shell(Section::Linked),
        connection: offer.connection,
        external: offer.external,
    }))
}

async fn decide(posted: Posted) -> Answer {
    let Posted { account, fields } = posted;
    if fields.text("act") != "link" {
        linking::cancel(account.broker(), &account.person).await.map_err(|fault| account.fail(fault))?;
        return Ok(account.done(routes::ACCOUNT_LINKED, "account-flash-not-linked"));
    }
    match linking::confirm(account.broker(), &account.person, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_LINKED, "account-flash-linked")),
        Err(not) => list_page(&account, account.rejected(not)?).await,
    }
}

fn link_id(account: &Account, text: String) -> Result<LinkId, Stop> {
    LinkId::parse(text).map_err(|_| account.gone())
}

async fn ask(account: Account, Path(link): Path<String>) -> Answer {
    let link = link_id(&account, link)?;
    unlink_page(&account, &link, Rejected::none()).await
}

async fn unlink_page(account: &Account, link: &LinkId, rejected: Rejected) -> Answer {
    let found = match links::look(account.broker(), &account.person, link).await {
        Ok(found) => found,
        Err(not) => {
            account.rejected(not)?;
            return Err(account.gone());
        }
    };
    let page = UnlinkPage {
        shell: account.shell(Section::Linked),
        account: view(&account.ui, &found),
        last_way_in: found.removal == Removal::LastWayIn,
        errors: rejected.errors,
    };
    Ok(account.page_as(rejected.status, page))
}

async fn unlink(Path(link): Path<String>, posted: Posted) -> Answer {
    let account = posted.account;
    let link = link_id(&account, link)?;
    match links::unlink(account.broker(), &account.person, &link, account.visitor()).await {
        Ok(()) => Ok(account.done(routes::ACCOUNT_LINKED, "account-flash-unlinked")),
        Err(not) => unlink_page(&account, &link, account.rejected(not)?).await,
    }
}
