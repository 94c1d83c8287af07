//! The schema of local attributes: list, new, change with its check for clashes, delete.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use usher_broker::console::attributes::{self, AttributeForm};
use usher_domain::{AttributeDefinition, AttributeName, AttributeSchema, Uniqueness, Writers};

use super::fields::Fields;
use super::session::{Answer, Console, Posted, Rejected, Stop};
use super::words;
use crate::forms::FormErrors;
use crate::pages::Link;
use crate::pages::console::{
    AttributeDeletePage, AttributePage, AttributesPage, ClashRow, FlashKind, SchemaForm, SchemaRow, Section,
};
use crate::pages::paths::{self, routes};
use crate::state::App;

const SECTION: Section = Section::Attributes;

pub fn routes() -> Router<App> {
    Router::new()
        .route(routes::ATTRIBUTES, get(list))
        .route(routes::NEW_ATTRIBUTE, get(new).post(create))
        .route(routes::ATTRIBUTE, get(show).post(save))
        .route(routes::ATTRIBUTE_DELETE, get(ask_delete).post(delete))
}

async fn list(console: Console) -> Answer {
    let schema = attributes::schema(console.broker());
    let row = |definition: &AttributeDefinition| SchemaRow {
        name: definition.name.clone(),
        label: definition.label.clone(),
        unique: definition.uniqueness == Uniqueness::Unique,
        writers: console.ui.t(format!("writers-{}", words::stable(&definition.writers).replace('_', "-"))),
        built_in: AttributeSchema::is_built_in(&definition.name),
    };
    let (mut rows, built_in): (Vec<_>, Vec<_>) = schema.all().map(row).partition(|row| !row.built_in);
    rows.extend(built_in);
    Ok(console.page(AttributesPage { shell: console.shell(SECTION), rows }))
}

async fn new(console: Console) -> Answer {
    let form = SchemaForm { writers: words::stable(&Writers::default()), ..SchemaForm::default() };
    Ok(page(&console, None, (form, Vec::new()), Rejected::none()))
}

fn page(
    console: &Console,
    name: Option<&AttributeName>,
    (form, clashes): (SchemaForm, Vec<ClashRow>),
    rejected: Rejected,
) -> Response {
    let view = AttributePage {
        shell: console.shell(SECTION),
        name: name.cloned(),
        built_in: name.is_some_and(AttributeSchema::is_built_in),
        form,
        clashes,
        errors: rejected.errors,
    };
    console.page_as(rejected.status, view)
}

fn typed(fields: &Fields) -> SchemaForm {
    SchemaForm {
        name: fields.owned("name"),
        label: fields.owned("label"),
        unique: fields.ticked("is_unique"),
        writers: fields.owned("writers"),
        version: fields.version(),
    }
}

fn wanted(fields: &Fields, name: Option<&AttributeName>) -> AttributeForm {
    let unique = fields.ticked("is_unique") || name.is_some_and(|name| *name == AttributeName::email());
    AttributeForm {
        label: fields.owned("label"),
        uniqueness: if unique { Uniqueness::Unique } else { Uniqueness::Free },
        writers: fields.one_of("writers", Writers::default()),
    }
}

async fn create(Posted { console, fields }: Posted) -> Answer {
    let (form, name) = (wanted(&fields, None), fields.text("name"));
    match attributes::create(console.broker(), &console.admin, (name, &form), console.visitor()).await {
        Ok(()) => Ok(console.done(routes::ATTRIBUTES, FlashKind::AttributeCreated)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(page(&console, None, (typed(&fields), Vec::new()), rejected))
        }
    }
}

fn find(console: &Console, name: &str) -> Result<AttributeDefinition, Stop> {
    let name = AttributeName::parse(name).ok();
    let schema = attributes::schema(console.broker());
    name.and_then(|name| schema.get(&name).cloned()).ok_or_else(|| console.gone(SECTION))
}

fn stored(definition: &AttributeDefinition) -> SchemaForm {
    SchemaForm {
        name: definition.name.to_string(),
        label: definition.label.clone(),
        unique: definition.uniqueness == Uniqueness::Unique,
        writers: words::stable(&definition.writers),
        version: attributes::version(definition),
    }
}

async fn show(Path(name): Path<String>, console: Console) -> Answer {
    let definition = find(&console, &name)?;
    Ok(page(&console, Some(&definition.name), (stored(&definition), Vec::new()), Rejected::none()))
}

async fn save(Path(name): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let definition = find(&console, &name)?;
    let (name, form) = (&definition.name, wanted(&fields, Some(&definition.name)));
    if definition.uniqueness == Uniqueness::Free && form.uniqueness == Uniqueness::Unique {
        let clashes = clashes(&console, name).await?;
        if !clashes.is_empty() {
            let rejected = Rejected::fields(FormErrors::at("unique", console.ui.t("error-clashes")));
            return Ok(page(&console, Some(name), (typed(&fields), clashes), rejected));
        }
    }
    let seen = (name, fields.version());
    match attributes::update(console.broker(), &console.admin, seen, &form, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::ATTRIBUTES, FlashKind::Saved)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            let form = if rejected.is_stale() { stored(&find(&console, name.as_str())?) } else { typed(&fields) };
            Ok(page(&console, Some(name), (form, Vec::new()), rejected))
        }
    }
}

async fn clashes(console: &Console, name: &AttributeName) -> Result<Vec<ClashRow>, Stop> {
    let found = attributes::clashes(console.broker(), name).await.map_err(|fault| console.fail(fault))?;
    let link = |(id, name): (usher_domain::UserId, usher_domain::UserName)| Link {
        text: name.to_string(),
        href: paths::user(routes::USER_PROFILE, &id),
    };
    let row = |clash: attributes::Clash| ClashRow {
        value: clash.value,
        accounts: clash.accounts.into_iter().map(link).collect(),
    };
    Ok(found.into_iter().map(row).collect())
}

async fn ask_delete(Path(name): Path<String>, console: Console) -> Answer {
    let definition = find(&console, &name)?;
    Ok(delete_page(&console, definition, Rejected::none()))
}

fn delete_page(console: &Console, definition: AttributeDefinition, rejected: Rejected) -> Response {
    let (shell, errors) = (console.shell(SECTION), rejected.errors);
    let view = AttributeDeletePage { shell, name: definition.name, label: definition.label, errors };
    console.page_as(rejected.status, view)
}

async fn delete(Path(name): Path<String>, Posted { console, fields }: Posted) -> Answer {
    let definition = find(&console, &name)?;
    if fields.text("confirm").trim() != definition.name.as_str() {
        let errors = FormErrors::at("confirm", console.ui.t("error-confirm"));
        return Ok(delete_page(&console, definition, Rejected::fields(errors)));
    }
    match attributes::delete(console.broker(), &console.admin, &definition.name, console.visitor()).await {
        Ok(()) => Ok(console.done(routes::ATTRIBUTES, FlashKind::AttributeDeleted)),
        Err(error) => {
            let rejected = console.rejected(SECTION, error)?;
            Ok(delete_page(&console, definition, rejected))
        }
    }
}
