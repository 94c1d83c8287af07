//! Applications in the console: list, create (the secret is shown once), change, switch off, delete.

use usher_domain::{
    Application, ApplicationId, ApplicationKind, ApplicationSecret, ClientAuthMethod, HttpsOrigin, RedirectUri,
    SecretText, SigningAlgorithm,
};
use usher_oidc_provider::opaque;
use usher_storage::{applications, audit, config};

use super::{Admin, NotDone, deed};
use crate::broker::Broker;
use crate::snapshot::CONSOLE;
use crate::visitor::Visitor;

/// What the form sends.
#[derive(Debug, Clone)]
pub struct ApplicationForm {
    /// Name shown to admins and people.
    pub name: String,
    /// Redirect URIs, one a line.
    pub redirect_uris: String,
    /// Post-logout redirect URIs, one a line.
    pub post_logout_redirect_uris: String,
    /// Origins for CORS, one a line.
    pub origins: String,
    /// Whether user name and password are offered.
    pub local_sign_in: bool,
    /// Whether a person without a local account is refused.
    pub local_account_required: bool,
}

/// Every application but the console, by name.
pub fn list(broker: &Broker) -> Vec<Application> {
    let mut all: Vec<_> =
        broker.snapshot().applications.values().filter(|a| a.id.as_str() != CONSOLE).cloned().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// One application.
pub fn get(broker: &Broker, id: &ApplicationId) -> Option<Application> {
    broker.snapshot().application(id).filter(|a| a.id.as_str() != CONSOLE).cloned()
}

/// Creates one. The secret of a web application is returned once and never again.
pub async fn create(
    broker: &Broker,
    admin: &Admin,
    kind: ApplicationKind,
    form: &ApplicationForm,
    visitor: &Visitor,
) -> Result<(Application, Option<SecretText>), NotDone> {
    let secret = kind.is_confidential().then(|| opaque::generate(broker.entropy()));
    let mut application = Application {
        id: ApplicationId::random(broker.entropy()),
        name: String::new(),
        kind,
        enabled: true,
        auth_method: if secret.is_some() { ClientAuthMethod::ClientSecretBasic } else { ClientAuthMethod::None },
        secrets: secret.iter().map(|s| secret_at_rest(s, broker.now())).collect(),
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        origins: Vec::new(),
        id_token_alg: SigningAlgorithm::default(),
        connections: None,
        local_sign_in: true,
        local_account_required: false,
        home_url: None,
        revision: 1,
    };
    fill(&mut application, form)?;
    let event = deed(broker, admin, visitor, "application.created", crate::audit::application_object(&application.id));
    let row = application.clone();
    broker
        .store
        .write(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                applications::insert(tx, &row).await?;
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok((application, secret))
}

/// Changes one, if it is still as the form saw it.
pub async fn update(
    broker: &Broker,
    admin: &Admin,
    seen: (&ApplicationId, i64),
    form: &ApplicationForm,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let (id, version) = seen;
    let mut application = get(broker, id).ok_or(NotDone::Gone)?;
    application.revision = version;
    fill(&mut application, form)?;
    store(broker, admin, application, "application.updated", visitor).await
}

/// Switches one on or off.
pub async fn set_enabled(
    broker: &Broker,
    admin: &Admin,
    id: &ApplicationId,
    enabled: bool,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let mut application = get(broker, id).ok_or(NotDone::Gone)?;
    application.enabled = enabled;
    let action = if enabled { "application.enabled" } else { "application.disabled" };
    store(broker, admin, application, action, visitor).await
}

/// Adds a second secret, or replaces the older of two. Shown once.
pub async fn add_secret(
    broker: &Broker,
    admin: &Admin,
    id: &ApplicationId,
    visitor: &Visitor,
) -> Result<SecretText, NotDone> {
    let mut application = get(broker, id).ok_or(NotDone::Gone)?;
    if !application.kind.is_confidential() {
        return Err(NotDone::Forbidden("a public application has no secret".to_owned()));
    }
    let secret = opaque::generate(broker.entropy());
    application.secrets.insert(0, secret_at_rest(&secret, broker.now()));
    application.secrets.truncate(2);
    store(broker, admin, application, "application.secret_added", visitor).await?;
    Ok(secret)
}

/// Deletes one; its grants end with it.
pub async fn delete(broker: &Broker, admin: &Admin, id: &ApplicationId, visitor: &Visitor) -> Result<(), NotDone> {
    get(broker, id).ok_or(NotDone::Gone)?;
    let event = deed(broker, admin, visitor, "application.deleted", crate::audit::application_object(id));
    let id = id.clone();
    broker
        .store
        .write(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if !applications::delete(tx, &id).await? {
                    return Err(NotDone::Gone);
                }
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok(())
}

async fn store(
    broker: &Broker,
    admin: &Admin,
    application: Application,
    action: &str,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, action, crate::audit::application_object(&application.id));
    broker
        .store
        .write(move |tx| {
            let (application, event) = (application.clone(), event.clone());
            Box::pin(async move {
                applications::update(tx, &application).await?.ok_or(NotDone::Stale)?;
                config::bump(tx).await?;
                audit::insert(tx, &event).await?;
                Ok::<_, NotDone>(())
            })
        })
        .await?;
    broker.reload().await?;
    Ok(())
}

/// A secret as it is kept.
pub fn secret_at_rest(secret: &SecretText, at: chrono::DateTime<chrono::Utc>) -> ApplicationSecret {
    let text = secret.expose();
    ApplicationSecret {
        sha256: opaque::sha256_hex(text),
        ending: text.chars().skip(text.chars().count().saturating_sub(4)).collect(),
        created_at: at,
    }
}

fn fill(application: &mut Application, form: &ApplicationForm) -> Result<(), NotDone> {
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(NotDone::field("name", "Enter a name of 1 to 120 characters"));
    }
    name.clone_into(&mut application.name);
    application.redirect_uris = lines("redirect_uris", &form.redirect_uris, RedirectUri::parse)?;
    if application.redirect_uris.is_empty() {
        return Err(NotDone::field("redirect_uris", "Enter at least one redirect URL"));
    }
    application.post_logout_redirect_uris =
        lines("post_logout_redirect_uris", &form.post_logout_redirect_uris, RedirectUri::parse)?;
    application.origins = lines("origins", &form.origins, HttpsOrigin::parse)?;
    application.local_sign_in = form.local_sign_in;
    application.local_account_required = form.local_account_required;
    Ok(())
}

/// One value a line; an error names the line's text.
fn lines<T, E: std::fmt::Display>(
    field: &'static str,
    text: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, NotDone> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| parse(line).map_err(|fault| NotDone::field(field, format!("{line}: {fault}"))))
        .collect()
}
