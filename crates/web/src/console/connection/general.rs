//! The tab General of a connection.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::connections::{Change, GeneralChange, public_mail_domains, script_name};
use usher_domain::{Connection, SignInPageListing};

use super::super::connections::{change, find};
use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{fine, saved};
use crate::pages::console::{ConnectionGeneralPage, FlashKind, GeneralForm, Section};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_GENERAL, get(show).post(save))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    Ok(page(&console, &connection, None, fine()))
}

/// The tab: with what was typed, else as stored.
pub fn page(console: &Console, connection: &Connection, typed: Option<GeneralForm>, rejected: Rejected) -> Response {
    let view = ConnectionGeneralPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        script_name: connection.script_name.clone(),
        form: typed.filter(|_| !rejected.is_stale()).unwrap_or_else(|| stored(connection)),
        public_mail: public_mail_domains(&connection.email_domains),
        used_by: words::used_by(console.broker(), &connection.id),
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn stored(connection: &Connection) -> GeneralForm {
    GeneralForm {
        name: connection.name.clone(),
        button_text: connection.button_text.clone().unwrap_or_default(),
        description: connection.description.clone(),
        listing: listing_text(connection.listing).to_owned(),
        email_domains: connection.email_domains.join("\n"),
        version: connection.revision,
    }
}

fn listing_text(listing: SignInPageListing) -> &'static str {
    match listing {
        SignInPageListing::Shown => "shown",
        SignInPageListing::Hidden => "hidden",
        SignInPageListing::LinkOnly => "link_only",
    }
}

fn listing(text: &str, otherwise: SignInPageListing) -> SignInPageListing {
    let all = [SignInPageListing::Shown, SignInPageListing::Hidden, SignInPageListing::LinkOnly];
    all.into_iter().find(|listing| listing_text(*listing) == text).unwrap_or(otherwise)
}

fn typed(fields: &Fields) -> GeneralForm {
    GeneralForm {
        name: fields.owned("name"),
        button_text: fields.owned("button_text"),
        description: fields.owned("description"),
        listing: fields.owned("listing"),
        email_domains: fields.owned("email_domains"),
        version: fields.version(),
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let console = &posted.console;
    let connection = find(console, id)?;
    let typed = typed(&posted.fields);
    let wanted = Change::General(GeneralChange {
        name: typed.name.clone(),
        button_text: typed.button_text.clone(),
        description: typed.description.clone(),
        listing: listing(&typed.listing, connection.listing),
        email_domains: typed.email_domains.clone(),
    });
    match change(&posted, &connection.id, wanted).await {
        Ok(()) => {
            let renamed = script_name(typed.name.trim()) != connection.script_name;
            let flash = if renamed { FlashKind::ConnectionRenamed } else { FlashKind::Saved };
            Ok(saved(console, routes::CONNECTION_GENERAL, &connection, flash))
        }
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            Ok(page(console, &connection, Some(typed), rejected))
        }
    }
}
