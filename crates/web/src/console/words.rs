//! How states of the domain read in the console.

use chrono::NaiveDate;
use usher_broker::{Broker, Snapshot};
use usher_domain::{
    Application, AttributeSchema, AttributeSource, CheckResult, Connection, ConnectionId, ConnectionKind, FlowOwner,
    MembershipSource, SignInPageListing,
};

use super::session::Console;
use crate::pages::console::{ApplicationHead, ConnectionHead};
use crate::pages::paths::{self, routes};
use crate::pages::{Check, CheckState, Link, Named, Tag, Tone, Ui};

/// What a connection speaks.
pub fn kind(ui: &Ui, kind: ConnectionKind) -> String {
    ui.t(format!("kind-{}", kind.as_str()))
}

/// Whether people can sign in with a connection.
pub fn connection_status(ui: &Ui, connection: &Connection) -> Tag {
    match (connection.enabled, connection.listing) {
        (false, _) => Tag::new(ui.t("status-disabled"), Tone::Neutral),
        (true, SignInPageListing::Hidden) => Tag::new(ui.t("status-hidden"), Tone::Info),
        (true, SignInPageListing::LinkOnly) => Tag::new(ui.t("status-link-only"), Tone::Info),
        (true, SignInPageListing::Shown) => Tag::new(ui.t("status-enabled"), Tone::Ok),
    }
}

/// That the client secret has ended, or ends within 30 days.
pub fn secret_expiry(ui: &Ui, connection: &Connection, today: NaiveDate) -> Option<Tag> {
    let days = (connection.secret_expires_on? - today).num_days();
    match days {
        ..0 => Some(Tag::new(ui.t("secret-expired"), Tone::Danger)),
        0..=30 => Some(Tag::new(ui.count("secret-expires", "days", days.unsigned_abs()), Tone::Warn)),
        _ => None,
    }
}

/// Whether people can sign in to an application.
pub fn application_status(ui: &Ui, application: &Application) -> Tag {
    if application.enabled {
        Tag::new(ui.t("status-enabled"), Tone::Ok)
    } else {
        Tag::new(ui.t("status-disabled"), Tone::Neutral)
    }
}

/// The head over an application's tabs.
pub fn application_head(ui: &Ui, application: &Application) -> ApplicationHead {
    ApplicationHead {
        id: application.id.clone(),
        name: Named::new(&application.name),
        kind: application.kind,
        status: application_status(ui, application),
    }
}

/// Name and label of every attribute, by label.
pub fn attributes(schema: &AttributeSchema) -> Vec<(String, String)> {
    let mut all: Vec<_> =
        schema.all().map(|definition| (definition.name.to_string(), definition.label.clone())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// Because of whom somebody is in a group.
pub fn membership(console: &Console, source: &MembershipSource) -> String {
    match source {
        MembershipSource::Connection(id) => connection_name(&console.ui, &console.broker().snapshot(), id),
        MembershipSource::Admin(_) => console.ui.t("source-admin"),
        MembershipSource::Import => console.ui.t("source-import"),
        MembershipSource::Script => console.ui.t("source-script"),
    }
}

/// Just-in-time provisioning in a word.
pub fn jit(ui: &Ui, connection: &Connection) -> String {
    let provisioning = &connection.provisioning;
    match (provisioning.enabled, provisioning.linking.is_some()) {
        (true, true) => ui.t("jit-on-linking"),
        (true, false) => ui.t("jit-on"),
        (false, _) => ui.t("jit-off"),
    }
}

/// Where a connection leads.
pub fn provider(connection: &Connection) -> String {
    setting(connection, "issuer")
}

/// The provider's own word for the redirect URI.
pub fn redirect_uri_label(kind: ConnectionKind) -> &'static str {
    usher_connectors::presentation(kind).redirect_uri
}

/// One of the settings as text; lists with spaces between.
pub fn setting(connection: &Connection, name: &str) -> String {
    match connection.settings.get(name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(words)) => {
            words.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// The stable text of one of several.
pub fn stable<T: serde::Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// The head over a connection's tabs.
pub fn head(ui: &Ui, connection: &Connection) -> ConnectionHead {
    ConnectionHead {
        id: connection.id.clone(),
        name: Named::new(&connection.name),
        kind: kind(ui, connection.kind),
        enabled: connection.enabled,
        status: connection_status(ui, connection),
    }
}

/// A check with its name for people; one without a text reads as it is called.
pub fn check(ui: &Ui, result: &CheckResult) -> Check {
    let key = format!("checked-{}", result.name.replace('_', "-"));
    let name = if ui.texts.has(&key) { ui.t(key) } else { sentence(&result.name.replace('_', " ")) };
    let state = if result.passed { CheckState::Passed } else { CheckState::Failed };
    Check { name, state, detail: String::new() }
}

/// With a capital letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The name of a connection; of one that is gone, that it is.
pub fn connection_name(ui: &Ui, snapshot: &Snapshot, id: &ConnectionId) -> String {
    match snapshot.connections.get(id) {
        Some(configured) => configured.connection.name.clone(),
        None => ui.t("source-connection-gone"),
    }
}

/// Who put a value there.
pub fn source(ui: &Ui, snapshot: &Snapshot, source: &AttributeSource) -> String {
    match source {
        AttributeSource::Connection(id) => connection_name(ui, snapshot, id),
        AttributeSource::Admin(_) => ui.t("source-admin"),
        AttributeSource::Import => ui.t("source-import"),
        AttributeSource::Person => ui.t("source-person"),
        AttributeSource::Script => ui.t("source-script"),
    }
}

/// Who made an account.
pub fn created_by(ui: &Ui, snapshot: &Snapshot, source: &AttributeSource) -> String {
    match source {
        AttributeSource::Connection(id) => ui.t1("created-by-jit", "connection", &connection_name(ui, snapshot, id)),
        AttributeSource::Admin(_) | AttributeSource::Person | AttributeSource::Script => ui.t("created-by-admin"),
        AttributeSource::Import => ui.t("created-by-import"),
    }
}

/// Applications that offer a connection.
pub fn used_by(broker: &Broker, id: &ConnectionId) -> Vec<Link> {
    links(broker, |listed| listed.is_none_or(|list| list.contains(id)))
}

/// Applications that name a connection: it cannot be deleted before they let go of it.
pub fn named_by(broker: &Broker, id: &ConnectionId) -> Vec<Link> {
    let mut named = links(broker, |listed| listed.is_some_and(|list| list.contains(id)));
    named.extend(flows_naming(broker, id));
    named
}

/// What breaks for people of a connection without a local account: applications that take only people with one, and
/// the steps of flows whose factors rest on one.
pub fn needing_accounts(broker: &Broker, id: &ConnectionId) -> Vec<Link> {
    let mut needing = applications(broker, |application| {
        application.local_account_required && application.connections.as_ref().is_none_or(|list| list.contains(id))
    });
    let ui = Ui::new(crate::i18n::Language::En);
    for (owner, steps) in usher_broker::console::flows::breaking(broker, id) {
        let factor = |factor: &usher_domain::Authenticator| ui.t(format!("option-{}", factor.as_str()));
        let names = |all: &[usher_domain::Authenticator]| all.iter().map(factor).collect::<Vec<_>>().join(", ");
        let steps: Vec<String> =
            steps.iter().map(|(number, factors)| format!("step {number} {}", names(factors))).collect();
        needing.push(flow_link(broker, &owner, &steps.join(", ")));
    }
    needing
}

/// The flows that name a connection: it cannot be deleted before they let go of it.
fn flows_naming(broker: &Broker, id: &ConnectionId) -> Vec<Link> {
    let naming = usher_broker::console::flows::naming(broker, id).into_iter();
    naming
        .map(|(owner, steps)| {
            let steps: Vec<String> = steps.iter().map(|number| format!("step {number}")).collect();
            flow_link(broker, &owner, &steps.join(", "))
        })
        .collect()
}

fn flow_link(broker: &Broker, owner: &FlowOwner, steps: &str) -> Link {
    match owner {
        FlowOwner::Default => {
            Link { href: routes::SIGN_IN_FLOW.to_owned(), text: format!("Default sign-in flow ({steps})") }
        }
        FlowOwner::Application(application) => {
            let snapshot = broker.snapshot();
            let name = snapshot.application(application).map_or(application.as_str(), |found| found.name.as_str());
            let href = paths::application(routes::APPLICATION_SIGN_IN, application);
            Link { text: format!("{name} ({steps})"), href }
        }
    }
}

fn links(broker: &Broker, offers: impl Fn(Option<&Vec<ConnectionId>>) -> bool) -> Vec<Link> {
    applications(broker, |application| offers(application.connections.as_ref()))
}

fn applications(broker: &Broker, wanted: impl Fn(&Application) -> bool) -> Vec<Link> {
    let all = usher_broker::console::applications::list(broker);
    all.into_iter()
        .filter(wanted)
        .map(|application| Link {
            href: paths::application(routes::APPLICATION_GENERAL, &application.id),
            text: application.name,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn checks_read_as_words() {
        let ui = Ui::new(Language::En);
        for (name, expected) in
            [("signature", "Signature"), ("authorized_party", "Authorized party"), ("new_one", "New one")]
        {
            let check = check(&ui, &CheckResult { name: name.to_owned(), passed: false });
            assert_eq!((check.name.as_str(), check.state), (expected, CheckState::Failed));
        }
    }
}
