//! The board: shows the draft, and carries out what a button of it asks for.

use axum::extract::Path;
use axum::response::Response;
use usher_broker::console::NotDone;
use usher_broker::console::flows::edit::{BoardForm, Edit, ScriptSwitch};
use usher_broker::console::flows::{self, Publication, predefined};
use usher_domain::SignInPageStyle;

use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::action::Action;
use super::view::{Shown, page};
use super::{Named, Opened, around, open};
use crate::error::see_other;
use crate::pages::console::FlashKind;

/// Longest time for which a browser is remembered.
const LONGEST_DAYS: u16 = 365;

pub async fn show(Path(named): Named, console: Console, search: Fields) -> Answer {
    let opened = open(&console, &named).await?;
    if opened.flow.published.is_none() && !opened.flow.is_draft() {
        return Ok(around::start(&console, &opened));
    }
    let shown = Shown {
        selected: search.text("step").parse().unwrap_or(1),
        checked: search.holds("checked"),
        ..Shown::default()
    };
    Ok(page(&console, &opened, shown, Rejected::none()))
}

pub async fn act(Path(named): Named, posted: Posted) -> Answer {
    let opened = open(&posted.console, &named).await?;
    let Some(action) = Action::read(posted.fields.text("action")) else {
        return Err(posted.console.gone(opened.section));
    };
    let done = carry_out(&posted, &opened, &action).await;
    match done {
        Ok(response) => Ok(response),
        Err(error) => {
            let rejected = posted.console.rejected(opened.section, error)?;
            // What is stored now: this form's changes were saved, or somebody else's count.
            let mut opened = open(&posted.console, &named).await?;
            if rejected.is_stale() {
                return Ok(page(&posted.console, &opened, Shown::default(), rejected));
            }
            if let Ok(form) = typed(&posted.fields, &opened) {
                form.apply(&mut opened.flow.definition);
            }
            let shown = Shown { posted: Some(&posted.fields), selected: action.step(), ..Shown::default() };
            Ok(page(&posted.console, &opened, shown, rejected))
        }
    }
}

async fn carry_out(posted: &Posted, opened: &Opened, action: &Action) -> Result<Response, NotDone> {
    let (console, owner) = (&posted.console, &opened.flow.owner);
    let (broker, admin, visitor) = (console.broker(), &console.admin, console.visitor());
    if *action == Action::Discard {
        flows::discard(broker, owner).await?;
        return Ok(console.done(&opened.base, FlashKind::DraftDiscarded));
    }
    let form = typed(&posted.fields, opened)?;
    let edit = match action {
        Action::Edit(edit) => edit.clone(),
        Action::Template => template(&form, posted.fields.text("template"), opened)?,
        _ => Edit::Keep,
    };
    let revision = flows::change(broker, admin, (owner, posted.fields.version()), Some(&form), &edit).await?;
    let back = |query: &str| see_other(&format!("{}{query}", opened.base));
    Ok(match action {
        Action::AddTo(step) => opened.at(&format!("add?step={step}")),
        Action::Skip => opened.at("skip"),
        Action::Simulate => opened.at(&simulate(&posted.fields)),
        Action::Check | Action::Template => back("?checked=1#script-head"),
        Action::Provision(fix) => {
            flows::provision(broker, admin, fix, visitor).await?;
            console.done(&opened.base, FlashKind::JitUpdated)
        }
        Action::Publish => {
            flows::publish(broker, admin, (owner, revision), &publication(&posted.fields), visitor).await?;
            console.done(&opened.base, FlashKind::FlowPublished)
        }
        Action::Edit(Edit::Keep) => console.done(&opened.base, FlashKind::Saved),
        other => back(&format!("?step={step}#step-{step}", step = other.step())),
    })
}

/// What stands in the form beside its buttons.
fn typed(fields: &Fields, opened: &Opened) -> Result<BoardForm, NotDone> {
    let present = BoardForm::of(&opened.flow.definition);
    let days = fields.text("remember_days").trim();
    let days = match days.parse::<u16>() {
        Ok(days) if (1..=LONGEST_DAYS).contains(&days) => Some(days),
        _ if days.is_empty() => None,
        _ => return Err(NotDone::field("remember_days", "Enter 1 to 365 days, or nothing")),
    };
    let steps = 1..=u8::try_from(opened.flow.definition.steps.len()).unwrap_or(u8::MAX);
    Ok(BoardForm {
        subject_step: fields.text("subject_step").parse().unwrap_or(present.subject_step),
        attribute_step: fields.text("attribute_step").parse().unwrap_or(present.attribute_step),
        recovery_steps: steps.filter(|step| fields.ticked(&format!("recovery_{step}"))).collect(),
        style: fields.one_of("style", SignInPageStyle::default()),
        remember_days: days,
        script: if fields.ticked("script_on") { ScriptSwitch::On } else { ScriptSwitch::Off },
        text: fields.owned("script"),
    })
}

/// The draft with a template for its script, and the steps that the template needs.
fn template(form: &BoardForm, id: &str, opened: &Opened) -> Result<Edit, NotDone> {
    let template = predefined::template(id).ok_or_else(|| NotDone::field("template", "Choose a template"))?;
    let present = form.text.replace("\r\n", "\n");
    let untouched = usher_flow_script::templates().iter().any(|known| known.source.trim() == present.trim());
    if !present.trim().is_empty() && !untouched {
        let text = "Empty the script first: a template takes its place, and this one was written by hand";
        return Err(NotDone::field("script", text));
    }
    let mut definition = opened.flow.definition.clone();
    form.apply(&mut definition);
    definition.script = Some(template.source.to_owned());
    definition.shelved_script = None;
    predefined::complete(&mut definition, template);
    Ok(Edit::Replace(Box::new(definition)))
}

/// Where the draft is tried with whom the line below the script names.
fn simulate(fields: &Fields) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("which", "draft");
    for (field, name) in [("try_user", "user"), ("try_way", "way"), ("try_ip", "ip")] {
        if !fields.text(field).trim().is_empty() {
            query.append_pair(name, fields.text(field).trim());
        }
    }
    format!("simulate?{}", query.finish())
}

fn publication(fields: &Fields) -> Publication {
    let accepted = fields.names_after("accept_").filter(|code| fields.ticked(&format!("accept_{code}")));
    Publication { accepted: accepted.map(str::to_owned).collect(), note: fields.owned("note") }
}
