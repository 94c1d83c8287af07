//! The tab Just-in-Time Provisioning of a connection: the seed's controls, and in a sentence what they come to.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use usher_broker::console::connections::try_it::recorded;
use usher_broker::console::connections::{self, Change, JitChange, TypedRule, USERNAME};
use usher_domain::{AttributeName, AttributeSync, Connection, LinkRule, LinkingSettings, LocalAttribute, NoMatch};

use super::super::connections::{change, find};
use super::super::fields::Fields;
use super::super::session::{Answer, Console, Posted, Rejected};
use super::super::words;
use super::{fine, saved};
use crate::pages::console::{ConnectionJitPage, FlashKind, JitForm, RuleForm, Section, TryIt};
use crate::pages::paths::routes;
use crate::state::App;

pub fn routes() -> Router<App> {
    Router::new().route(routes::CONNECTION_JIT, get(show).post(save))
}

async fn show(Path(id): Path<String>, console: Console) -> Answer {
    let connection = find(&console, id)?;
    page(&console, &connection, stored(&connection), fine()).await
}

/// The form as it is stored. Linking that is off shows what it was set to.
pub fn stored(connection: &Connection) -> JitForm {
    let settings = &connection.provisioning;
    let off = LinkingSettings::default();
    let linking = settings.linking.as_ref().or(settings.shelved_linking.as_ref()).unwrap_or(&off);
    let rule = |n: usize| linking.rules.get(n).map(rule_form).unwrap_or_default();
    JitForm {
        enabled: settings.enabled,
        sync: settings.attribute_sync,
        linking: settings.linking.is_some(),
        no_match: linking.no_match,
        rules: [rule(0), rule(1)],
        fallback: linking.rules.len() > 1,
        focus: "",
        version: connection.revision,
    }
}

fn rule_form(rule: &LinkRule) -> RuleForm {
    let local = match &rule.local {
        LocalAttribute::Username => USERNAME.to_owned(),
        LocalAttribute::Attribute(name) => name.to_string(),
    };
    RuleForm { federated: rule.federated.clone(), local }
}

async fn page(console: &Console, connection: &Connection, form: JitForm, rejected: Rejected) -> Answer {
    page_with(console, connection, (form, TryIt::default()), rejected).await
}

/// The page of the tab, with what was tried.
pub async fn page_with(
    console: &Console,
    connection: &Connection,
    (form, mut try_it): (JitForm, TryIt),
    rejected: Rejected,
) -> Answer {
    let broker = console.broker();
    let recorded = recorded(broker, &connection.id).await.map_err(|fault| console.fail(fault))?;
    try_it.recorded = recorded.into_iter().map(|row| (row.id.as_str().to_owned(), row.at)).collect();
    let accounts = connections::made(broker, &connection.id).await.map_err(|fault| console.fail(fault))?;
    let schema = connections::schema(broker);
    let mut choices = connections::comparable(&schema);
    for rule in &form.rules {
        // What was chosen before it lost its mark is shown, so that it can be seen and mended.
        if !rule.local.is_empty() && !choices.iter().any(|(value, _)| *value == rule.local) {
            let label = AttributeName::parse(rule.local.as_str())
                .map_or_else(|_| rule.local.clone(), |name| schema.label(&name).to_owned());
            choices.push((rule.local.clone(), format!("{label} (not unique)")));
        }
    }
    let view = ConnectionJitPage {
        shell: console.shell(Section::Connections),
        connection: words::head(&console.ui, connection),
        form: if rejected.is_stale() { stored(connection) } else { form },
        choices,
        stored_on: connection.provisioning.enabled,
        trust: connection.provisioning.trust_email,
        proof: connection.provisioning.prove_ownership,
        accounts: accounts.unsigned_abs(),
        needing: words::needing_accounts(broker, &connection.id),
        try_it,
        errors: rejected.errors,
    };
    Ok(console.page_as(rejected.status, view))
}

fn typed(fields: &Fields, connection: &Connection) -> JitForm {
    let rule = |n: u8| RuleForm {
        federated: fields.owned(&format!("rule{n}_federated")),
        local: fields.owned(&format!("rule{n}_local")),
    };
    let mut form = JitForm {
        enabled: fields.ticked("jit_enabled"),
        sync: match fields.text("attribute_sync") {
            "override_all" => AttributeSync::OverrideAll,
            "none" => AttributeSync::None,
            "preserve_local" => AttributeSync::PreserveLocal,
            _ => connection.provisioning.attribute_sync,
        },
        linking: fields.ticked("link_enabled"),
        no_match: if fields.ticked("skip_if_no_match") { NoMatch::Skip } else { NoMatch::Create },
        rules: [rule(1), rule(2)],
        fallback: fields.holds("rule2_federated"),
        focus: "",
        version: fields.version(),
    };
    match fields.text("action") {
        "add_rule" => (form.fallback, form.focus) = (true, "rule2_federated"),
        "remove_rule" => {
            let [_, second] = &mut form.rules;
            *second = RuleForm::default();
            (form.fallback, form.focus) = (false, "add_rule");
        }
        _ => {}
    }
    form
}

fn wanted(form: &JitForm, fields: &Fields) -> JitChange {
    let rule = |rule: &RuleForm| TypedRule { federated: rule.federated.clone(), local: rule.local.clone() };
    let [first, second] = &form.rules;
    JitChange {
        enabled: form.enabled,
        confirmed: fields.ticked("confirm_off"),
        attribute_sync: form.sync,
        linking: form.linking,
        no_match: form.no_match,
        rules: [rule(first), rule(second)],
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Answer {
    let (console, fields) = (&posted.console, &posted.fields);
    let connection = find(console, id)?;
    let form = typed(fields, &connection);
    if !form.focus.is_empty() {
        return page(console, &connection, form, fine()).await;
    }
    match change(&posted, &connection.id, Change::Provisioning(wanted(&form, fields))).await {
        Ok(()) => Ok(saved(console, routes::CONNECTION_JIT, &connection, FlashKind::JitUpdated)),
        Err(error) => {
            let rejected = console.rejected(Section::Connections, error)?;
            page(console, &connection, form, rejected).await
        }
    }
}
