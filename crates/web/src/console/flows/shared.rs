//! What scripts share: pages that they show, mails that they send, and what they may reach.

use axum::Router;
use axum::routing::get;
use usher_broker::console::flows::shared::{self, Kept};
use usher_broker::login::script::{MailTemplate, PromptField, PromptTemplate};

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use crate::forms::FormErrors;
use crate::pages::console::{FlashKind, MailForm, MailsPage, PromptForm, PromptsPage, ReachPage, Section};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::SETTINGS_SCRIPT_PAGES, get(pages).post(change_pages))
        .route(routes::SETTINGS_SCRIPT_MAILS, get(mails).post(change_mails))
        .route(routes::SETTINGS_SCRIPT_REACH, get(reach).post(change_reach))
}

async fn kept(console: &Console) -> Result<Kept, super::super::session::Stop> {
    shared::kept(console.broker()).await.map_err(|fault| console.fail(fault))
}

async fn pages(console: Console, search: Fields) -> Answer {
    let kept = kept(&console).await?;
    let name = search.text("name");
    let form = kept.shared.prompts.get(name).map_or_else(PromptForm::default, |page| PromptForm {
        name: name.to_owned(),
        title: page.title.clone(),
        text: page.text.clone(),
        fields: page.fields.iter().map(line).collect(),
        version: 0,
    });
    let form = PromptForm { version: kept.pages, ..form };
    Ok(pages_page(&console, &kept, form, Rejected::none()))
}

fn pages_page(console: &Console, kept: &Kept, form: PromptForm, rejected: Rejected) -> axum::response::Response {
    let rows = kept.shared.prompts.iter().map(|(name, page)| (name.clone(), page.title.clone())).collect();
    let view = PromptsPage { shell: console.shell(Section::Settings), rows, form, errors: rejected.errors };
    console.page_as(rejected.status, view)
}

/// A field as a line of the form.
fn line(field: &PromptField) -> String {
    let required = if field.required { " | required" } else { "" };
    format!("{} | {} | {}{required}\n", field.name, field.label, field.kind)
}

/// The fields of the form; what is no field is judged by the broker.
fn fields_of(text: &str) -> Vec<PromptField> {
    let field = |line: &str| {
        let mut parts = line.split('|').map(|part| part.trim().to_owned());
        let (name, label) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let kind = parts.next().filter(|kind| !kind.is_empty()).unwrap_or_else(|| "text".to_owned());
        PromptField { name, label, kind, required: parts.next().is_some_and(|word| word == "required") }
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(field).collect()
}

async fn change_pages(Posted { console, fields }: Posted) -> Answer {
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let form = PromptForm {
        name: fields.owned("name"),
        title: fields.owned("title"),
        text: fields.text("text").replace("\r\n", "\n"),
        fields: fields.owned("fields"),
        version: fields.version(),
    };
    let done = if fields.holds("remove") {
        shared::remove_page(broker, admin, fields.text("remove"), visitor).await
    } else {
        let fields = fields_of(&form.fields);
        let page = PromptTemplate { title: form.title.trim().to_owned(), text: form.text.clone(), fields };
        shared::save_page(broker, admin, (&form.name, form.version), &page, visitor).await
    };
    match done {
        Ok(()) => Ok(console.done(routes::SETTINGS_SCRIPT_PAGES, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Settings, error)?;
            let kept = kept(&console).await?;
            let version = if rejected.is_stale() { kept.pages } else { form.version };
            Ok(pages_page(&console, &kept, PromptForm { version, ..form }, rejected))
        }
    }
}

async fn mails(console: Console, search: Fields) -> Answer {
    let kept = kept(&console).await?;
    let name = search.text("name");
    let (subject, text) = match kept.shared.mails.get(name) {
        Some(mail) => (mail.subject.clone(), mail.text.clone()),
        None => (String::new(), String::new()),
    };
    let name = if subject.is_empty() { String::new() } else { name.to_owned() };
    let form = MailForm { name, subject, text, version: kept.mails };
    Ok(mails_page(&console, &kept, form, Rejected::none()))
}

fn mails_page(console: &Console, kept: &Kept, form: MailForm, rejected: Rejected) -> axum::response::Response {
    let rows = kept.shared.mails.iter().map(|(name, mail)| (name.clone(), mail.subject.clone())).collect();
    let view = MailsPage { shell: console.shell(Section::Settings), rows, form, errors: rejected.errors };
    console.page_as(rejected.status, view)
}

async fn change_mails(Posted { console, fields }: Posted) -> Answer {
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let (name, subject) = (fields.owned("name"), fields.owned("subject"));
    let form = MailForm { name, subject, text: fields.owned("text"), version: fields.version() };
    let done = if fields.holds("remove") {
        shared::remove_mail(broker, admin, fields.text("remove"), visitor).await
    } else {
        let mail = MailTemplate { subject: form.subject.clone(), text: form.text.clone() };
        shared::save_mail(broker, admin, (&form.name, form.version), &mail, visitor).await
    };
    match done {
        Ok(()) => Ok(console.done(routes::SETTINGS_SCRIPT_MAILS, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Settings, error)?;
            let kept = kept(&console).await?;
            let version = if rejected.is_stale() { kept.mails } else { form.version };
            Ok(mails_page(&console, &kept, MailForm { version, ..form }, rejected))
        }
    }
}

async fn reach(console: Console) -> Answer {
    let kept = kept(&console).await?;
    let lines = |names: Vec<&str>| names.join("\n");
    let view = ReachPage {
        shell: console.shell(Section::Settings),
        hosts: lines(kept.shared.hosts.iter().map(String::as_str).collect()),
        groups: lines(kept.shared.roles.iter().map(String::as_str).collect()),
        version: kept.reach,
        errors: FormErrors::none(),
    };
    Ok(console.page(view))
}

async fn change_reach(Posted { console, fields }: Posted) -> Answer {
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    let (hosts, groups, version) = (fields.owned("hosts"), fields.owned("groups"), fields.version());
    match shared::save_reach(broker, admin, (&hosts, &groups), version, visitor).await {
        Ok(()) => Ok(console.done(routes::SETTINGS_SCRIPT_REACH, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(Section::Settings, error)?;
            let version = if rejected.is_stale() { kept(&console).await?.reach } else { version };
            let shell = console.shell(Section::Settings);
            let view = ReachPage { shell, hosts, groups, version, errors: rejected.errors };
            Ok(console.page_as(rejected.status, view))
        }
    }
}
