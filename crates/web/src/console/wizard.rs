//! The wizard for a new connection: type, values to copy, details, review. Nothing exists before the last step.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use usher_broker::console::NotDone;
use usher_broker::console::drafts::{self, Draft, Review};
use usher_broker::login::redirect_uri;
use usher_domain::{ConnectionId, ConnectionKind, SignInPageListing};

use super::kind_form::{self, Wish, fact};
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::settings::secret;
use super::words;
use crate::error::see_other;
use crate::forms::FormErrors;
use crate::pages::Fact;
use crate::pages::console::{
    Discovered, FieldInput, FlashKind, IssuerFix, KindCard, KindField, KindOption, NewConnectionPage, Section,
    WizardDetailsPage, WizardReviewPage, WizardValuesPage,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

const SECTION: Section = Section::Connections;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::NEW_CONNECTION, get(new).post(begin))
        .route(routes::DRAFT_VALUES, get(values))
        .route(routes::DRAFT_DETAILS, get(details).post(fill))
        .route(routes::DRAFT_REVIEW, get(review).post(create))
}

async fn new(console: Console) -> Answer {
    Ok(new_page(&console, (ConnectionKind::Oidc, String::new()), Rejected::none()))
}

fn new_page(console: &Console, (chosen, name): (ConnectionKind, String), rejected: Rejected) -> Response {
    let card = |kind: ConnectionKind| KindCard {
        value: kind.as_str(),
        label: words::kind(&console.ui, kind),
        hint: console.ui.t(format!("kind-hint-{}", kind.as_str())),
        chosen: kind == chosen,
    };
    let kinds = ConnectionKind::ALL.map(card).into();
    let view = NewConnectionPage { shell: console.shell(SECTION), kinds, name, errors: rejected.errors };
    console.page_as(rejected.status, view)
}

async fn begin(Posted { console, fields }: Posted) -> Answer {
    let Some(kind) = ConnectionKind::from_text(fields.text("kind")) else {
        return Err(console.refuse(SECTION, usher_domain::RefusalCode::BadRequest));
    };
    match drafts::begin(console.broker(), kind, fields.text("name")).await {
        Ok(draft) => Ok(see_other(&paths::draft(routes::DRAFT_VALUES, &draft.id))),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(new_page(&console, (kind, fields.owned("name")), rejected))
        }
    }
}

async fn find(console: &Console, id: String) -> Result<Draft, Stop> {
    let Ok(id) = ConnectionId::parse(id) else { return Err(console.gone(SECTION)) };
    drafts::get(console.broker(), &id).await.map_err(|error| stop(console, error))
}

/// An error that no field can show.
fn stop(console: &Console, error: NotDone) -> Stop {
    match error {
        NotDone::Fault(fault) => console.fail(fault),
        _ => console.gone(SECTION),
    }
}

async fn values(Path(id): Path<String>, console: Console) -> Answer {
    let draft = find(&console, id).await?;
    let redirect_uri = redirect_uri(console.broker(), &draft.id);
    Ok(console.page(WizardValuesPage {
        shell: console.shell(SECTION),
        draft: draft.id,
        name: draft.name,
        kind: words::kind(&console.ui, draft.kind),
        redirect_uri: fact(words::redirect_uri_label(draft.kind), &redirect_uri),
        hint: console.ui.t(format!("kind-register-{}", draft.kind.as_str())),
    }))
}

/// What the details page says about the provider.
#[derive(Default)]
struct Findings {
    discovered: Option<Discovered>,
    issuer_fix: Option<IssuerFix>,
    errors: FormErrors,
}

async fn details(Path(id): Path<String>, console: Console) -> Answer {
    let draft = find(&console, id).await?;
    let discovered = (!draft.checks.is_empty()).then(|| Discovered {
        facts: facts(&draft.summary),
        checks: draft.checks.iter().map(|check| words::check(&console.ui, check)).collect(),
    });
    Ok(details_page(&console, draft, Findings { discovered, ..Findings::default() }))
}

fn facts(summary: &[(String, String)]) -> Vec<Fact> {
    summary.iter().map(|(label, value)| fact(label, value)).collect()
}

fn details_page(console: &Console, draft: Draft, findings: Findings) -> Response {
    let status = if findings.errors.any() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = WizardDetailsPage {
        shell: console.shell(SECTION),
        form: kind_form::shown(draft.kind, &draft.form, draft.secret.is_some()),
        draft: draft.id,
        name: draft.name,
        discovered: findings.discovered,
        issuer_fix: findings.issuer_fix,
        errors: findings.errors,
    };
    console.page_as(status, view)
}

async fn fill(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let draft = find(&console, id).await?;
    let (form, wish) = kind_form::typed(draft.kind, &fields);
    let mut errors = FormErrors::none();
    if wish == Wish::Keep {
        errors = kind_form::mistakes(&console.ui, draft.kind, None, &form);
    }
    let (issuer, secret) = (form.get("issuer").cloned().unwrap_or_default(), secret(&fields));
    let draft = drafts::remember(console.broker(), draft, form, &secret).await;
    let draft = draft.map_err(|error| stop(&console, error))?;
    match drafts::discover_provider(console.broker(), draft.kind, &issuer).await {
        Err(error) => {
            let issuer_fix = kind_form::not_found(&console.ui, &issuer, &error, &mut errors);
            Ok(details_page(&console, draft, Findings { discovered: None, issuer_fix, errors }))
        }
        Ok(found) if wish == Wish::Discover || errors.any() => {
            let discovered = Some(kind_form::found(&console.ui, &found));
            Ok(details_page(&console, draft, Findings { discovered, issuer_fix: None, errors }))
        }
        Ok(found) => keep(&console, draft, found).await,
    }
}

async fn keep(console: &Console, draft: Draft, found: usher_connectors::Discovered) -> Answer {
    let discovered = Some(kind_form::found(&console.ui, &found));
    match drafts::fill(console.broker(), draft.clone(), found).await {
        Ok(draft) => Ok(see_other(&paths::draft(routes::DRAFT_REVIEW, &draft.id))),
        Err(error) => {
            let errors = console.rejected(SECTION, error)?.errors;
            Ok(details_page(console, draft, Findings { discovered, issuer_fix: None, errors }))
        }
    }
}

async fn review(Path(id): Path<String>, console: Console) -> Answer {
    let draft = find(&console, id).await?;
    if draft.settings.is_none() {
        return Ok(see_other(&paths::draft(routes::DRAFT_DETAILS, &draft.id)));
    }
    let start = Review { jit: true, listing: SignInPageListing::Shown };
    Ok(review_page(&console, draft, start, Rejected::none()))
}

fn review_page(console: &Console, draft: Draft, start: Review, rejected: Rejected) -> Response {
    let form = kind_form::shown(draft.kind, &draft.form, draft.secret.is_some());
    let mut all = vec![
        fact("Name", &draft.name),
        fact("Type", &words::kind(&console.ui, draft.kind)),
        fact(words::redirect_uri_label(draft.kind), &redirect_uri(console.broker(), &draft.id)),
    ];
    all.extend(form.usual.iter().filter(|field| !field.value.is_empty()).map(typed_fact));
    all.extend(facts(&draft.summary));
    let view = WizardReviewPage {
        shell: console.shell(SECTION),
        draft: draft.id,
        name: draft.name,
        facts: all,
        checks: draft.checks.iter().map(|check| words::check(&console.ui, check)).collect(),
        jit: start.jit,
        shown: start.listing == SignInPageListing::Shown,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

/// A field as the review shows it: options by their names.
fn typed_fact(field: &KindField) -> Fact {
    let chosen = |options: &[KindOption]| {
        options.iter().filter(|option| option.chosen).map(|option| option.label.as_str()).collect::<Vec<_>>().join(", ")
    };
    match &field.input {
        FieldInput::Choice(options) | FieldInput::Choices(options) => fact(&field.label, &chosen(options)),
        _ => fact(&field.label, &field.value),
    }
}

async fn create(Path(id): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let draft = find(&console, id).await?;
    let listing = if fields.ticked("shown") { SignInPageListing::Shown } else { SignInPageListing::Hidden };
    let start = Review { jit: fields.ticked("jit_enabled"), listing };
    match drafts::create(console.broker(), &console.admin, draft.clone(), start, console.visitor()).await {
        Ok(made) => {
            Ok(console.done(&paths::connection(routes::CONNECTION_TEST, &made.id), FlashKind::ConnectionCreated))
        }
        // The page has no field for what was typed two steps before: the summary says it.
        Err(NotDone::Field { text, .. }) => {
            Ok(review_page(&console, draft, start, Rejected::fields(FormErrors::at("", text))))
        }
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(review_page(&console, draft, start, rejected))
        }
    }
}
