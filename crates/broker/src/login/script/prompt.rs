//! Pages of the admin's that a script shows, and what people answer.

use std::collections::BTreeMap;

use serde_json::Value;
use usher_domain::{CorrelationId, FlowId, RefusalCode, TraceStage};
use usher_login_flow::{FlowEvent, LoginFlow, PromptAsk, advance};

use super::shared::{PromptField, PromptTemplate};
use super::{program, said};
use crate::broker::Broker;
use crate::failure::{Failure, Fault};
use crate::flow_state::{self, LoadedFlow};
use crate::login::refuse::{page, refuse};
use crate::tracing_events::note;
use crate::visitor::Visitor;

/// Most fields of an answer, and most characters of one.
const FIELDS: usize = 32;
const VALUE: usize = 2_000;

/// A field as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownField {
    /// Its name in the form.
    pub name: String,
    /// What people read; empty for the plain identifier page, whose words are the web front's.
    pub label: String,
    /// `text`, `email`, `number` or `checkbox`.
    pub kind: &'static str,
    /// What stands in it.
    pub value: String,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A page that a script shows.
#[derive(Debug, Clone)]
pub struct PromptPage {
    /// The flow.
    pub flow: FlowId,
    /// Name of the application.
    pub application: String,
    /// Its heading; empty for the plain identifier page.
    pub title: String,
    /// A paragraph; may be empty.
    pub text: String,
    /// What it asks for.
    pub fields: Vec<ShownField>,
    /// Token of the form.
    pub csrf: String,
    /// What the person can read out.
    pub correlation: CorrelationId,
    /// Languages that the application asked for.
    pub ui_locales: Vec<String>,
}

/// The page that a script asks for.
pub async fn prompt_page(broker: &Broker, loaded: &LoadedFlow, ask: &PromptAsk) -> Result<PromptPage, Failure> {
    let flow = &loaded.state.flow;
    let template = template(broker, flow, ask).await?;
    let values: Value = serde_json::from_str(&ask.values).unwrap_or(Value::Null);
    let fields = template.fields.iter().take(FIELDS).map(|field| shown(field, &values)).collect();
    Ok(PromptPage {
        flow: flow.id().clone(),
        application: broker
            .snapshot()
            .application(&flow.request().application)
            .map(|a| a.name.clone())
            .unwrap_or_default(),
        title: fill(&template.title, &values),
        text: fill(&template.text, &values),
        fields,
        csrf: broker.csrf_token(&format!("flow:{}", flow.id())),
        correlation: flow.correlation().clone(),
        ui_locales: flow.request().ui_locales.clone(),
    })
}

/// What the page is made of, as the version of the flow has it.
async fn template(broker: &Broker, flow: &LoginFlow, ask: &PromptAsk) -> Result<PromptTemplate, Fault> {
    let pinned = program::pinned(broker, flow).await?;
    let template = pinned.and_then(|pinned| pinned.bundle.prompts.get(&ask.template).cloned());
    Ok(match template {
        Some(template) => template,
        None if ask.template == said::IDENTIFIER => identifier(),
        None => PromptTemplate::default(),
    })
}

/// Whether everything that the page requires was filled in.
async fn is_complete(
    broker: &Broker,
    loaded: &LoadedFlow,
    answer: &BTreeMap<String, Vec<String>>,
) -> Result<bool, Fault> {
    let Some(ask) = loaded.state.flow.prompt() else { return Ok(true) };
    let template = template(broker, &loaded.state.flow, ask).await?;
    let filled = |field: &PromptField| {
        answer.get(&field.name).is_some_and(|values| values.iter().any(|value| !value.trim().is_empty()))
    };
    Ok(template.fields.iter().take(FIELDS).all(|field| !field.required || filled(field)))
}

/// The page that asks for nothing but an identifier.
fn identifier() -> PromptTemplate {
    let field =
        PromptField { name: "identifier".to_owned(), label: String::new(), kind: "text".to_owned(), required: true };
    PromptTemplate { fields: vec![field], ..PromptTemplate::default() }
}

fn shown(field: &PromptField, values: &Value) -> ShownField {
    let kind = match field.kind.as_str() {
        "email" => "email",
        "number" => "number",
        "checkbox" => "checkbox",
        _ => "text",
    };
    let value = values.get(&field.name).map(text).unwrap_or_default();
    ShownField { name: field.name.clone(), label: fill(&field.label, values), kind, value, required: field.required }
}

/// Puts the script's values in the place of `{name}`. Plain text: the page escapes it.
fn fill(template: &str, values: &Value) -> String {
    let Some(values) = values.as_object() else { return template.to_owned() };
    values
        .iter()
        .fold(template.to_owned(), |filled, (name, value)| filled.replace(&format!("{{{name}}}"), &text(value)))
}

fn text(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.chars().take(VALUE).collect()
}

/// Takes the answer in. Every field of the form counts but the token.
pub async fn submit_prompt(
    broker: &Broker,
    id: &FlowId,
    (fields, csrf): (Vec<(String, String)>, &str),
    visitor: &Visitor,
) -> Result<(), Failure> {
    let now = broker.now();
    let mut loaded = flow_state::load(broker, id, visitor, now).await?;
    if !broker.csrf_matches(&format!("flow:{id}"), csrf) {
        return Err(page(broker, &loaded, RefusalCode::CsrfFailed, None, now).into());
    }
    let mut answer: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in fields.into_iter().take(FIELDS) {
        answer.entry(name.chars().take(64).collect()).or_default().push(value.chars().take(VALUE).collect());
    }
    if !is_complete(broker, &loaded, &answer).await? {
        // Browsers ask for what is required by themselves: the page is shown again.
        return Ok(());
    }
    let answer = serde_json::to_string(&answer).map_err(|e| Fault::unreadable("answer of a page", e))?;
    match advance(loaded.state.flow.clone(), FlowEvent::Prompted { answer }, now) {
        Ok(flow) => loaded.state.flow = flow,
        // Sent twice: the dispatcher shows what is true now.
        Err(usher_login_flow::FlowError::StepClosed) => return Ok(()),
        Err(error) => return Err(refuse(broker, loaded, error.refusal_code(), None, visitor).await),
    }
    note(&mut loaded.state.trace, now, TraceStage::Page, "the page of the script was answered");
    flow_state::save(broker, &loaded.state, loaded.revision).await?;
    Ok(())
}
