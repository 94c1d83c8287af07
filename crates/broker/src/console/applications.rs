//! Applications in the console: list, create (the secret is shown once), change, switch off, delete.

use std::collections::BTreeSet;

use url::Url;
use usher_domain::{
    Application, ApplicationClaims, ApplicationId, ApplicationKind, ApplicationSecret, AttributeName, ClaimMapping,
    ClientAuthMethod, ConnectionId, HttpsOrigin, RedirectUri, SecretText, SignInPageStyle, SigningAlgorithm,
};
use usher_oidc_provider::opaque;
use usher_storage::{applications, grants};

use super::{Admin, NotDone, change_configuration, deed};
use crate::bootstrap::mark_deleted;
use crate::broker::Broker;
use crate::snapshot::is_own;
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
    /// How it authenticates: `client_secret_basic` or `client_secret_post`; a public application never does.
    pub auth_method: String,
    /// `RS256` or `ES256`.
    pub id_token_alg: String,
    /// Connections it offers; absent: all.
    pub connections: Option<Vec<ConnectionId>>,
    /// How its sign-in page begins.
    pub sign_in_page: SignInPageStyle,
    /// Where "go back" leads; may be empty.
    pub home_url: String,
}

impl Default for ApplicationForm {
    fn default() -> Self {
        Self {
            name: String::new(),
            redirect_uris: String::new(),
            post_logout_redirect_uris: String::new(),
            origins: String::new(),
            local_sign_in: true,
            local_account_required: false,
            auth_method: "client_secret_basic".to_owned(),
            id_token_alg: SigningAlgorithm::default().as_str().to_owned(),
            connections: None,
            sign_in_page: SignInPageStyle::default(),
            home_url: String::new(),
        }
    }
}

/// Every application but our own pages, by name.
pub fn list(broker: &Broker) -> Vec<Application> {
    let mut all: Vec<_> = broker.snapshot().applications.values().filter(|a| !is_own(&a.id)).cloned().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// One application.
pub fn get(broker: &Broker, id: &ApplicationId) -> Option<Application> {
    broker.snapshot().application(id).filter(|a| !is_own(&a.id)).cloned()
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
        sign_in_page: SignInPageStyle::default(),
        claims: ApplicationClaims::default(),
        home_url: None,
        revision: 1,
    };
    fill(&mut application, form)?;
    let event = deed(broker, admin, visitor, "application.created", crate::audit::application_object(&application.id));
    let row = application.clone();
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            applications::insert(tx, &row).await?;
            Ok(())
        })
    })
    .await?;
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
    let mut application = as_seen(broker, seen).await?;
    fill(&mut application, form)?;
    store(broker, admin, application, "application.updated", visitor).await
}

/// What the form of the tab "User attributes" sends.
#[derive(Debug, Clone, Default)]
pub struct ClaimsForm {
    /// Attribute and claim, row by row; a row without both is left out.
    pub rows: Vec<(String, String)>,
    /// The claim that carries the groups; empty: groups are not told.
    pub groups: String,
}

/// Changes what an application is told beyond the standard claims, if it is still as the form saw it.
pub async fn set_claims(
    broker: &Broker,
    admin: &Admin,
    seen: (&ApplicationId, i64),
    form: &ClaimsForm,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let mut application = as_seen(broker, seen).await?;
    application.claims = claims(broker, form)?;
    store(broker, admin, application, "application.claims_updated", visitor).await
}

fn claims(broker: &Broker, form: &ClaimsForm) -> Result<ApplicationClaims, NotDone> {
    let schema = &broker.snapshot().schema;
    let mut told = ApplicationClaims::default();
    let mut names = BTreeSet::new();
    for (attribute, claim) in form.rows.iter().map(|(attribute, claim)| (attribute.trim(), claim.trim())) {
        if attribute.is_empty() && claim.is_empty() {
            continue;
        }
        let wrong = |text: String| NotDone::field("claims", text);
        if attribute.is_empty() || claim.is_empty() {
            return Err(wrong("Fill in both sides of this row, or empty it".to_owned()));
        }
        let attribute = AttributeName::parse(attribute).ok().filter(|name| schema.get(name).is_some());
        let attribute = attribute.ok_or_else(|| wrong("Choose one of the attributes that are defined".to_owned()))?;
        let claim = claim_name(claim).map_err(wrong)?;
        if !names.insert(claim.clone()) {
            return Err(wrong(format!("Two rows become the claim {claim}")));
        }
        told.attributes.push(ClaimMapping { attribute, claim });
    }
    let groups = form.groups.trim();
    if !groups.is_empty() {
        let claim = claim_name(groups).map_err(|text| NotDone::field("groups", text))?;
        if !names.insert(claim.clone()) {
            return Err(NotDone::field("groups", "An attribute becomes this claim already"));
        }
        told.groups = Some(claim);
    }
    Ok(told)
}

/// A claim that an admin may choose: none that the protocol gives a meaning (OIDC Core section 5.1.2).
pub(crate) fn claim_name(text: &str) -> Result<String, String> {
    if text.len() > 200 || !text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '<' | '>')) {
        return Err("A claim name has at most 200 letters, digits and signs, without spaces".to_owned());
    }
    if usher_oidc_provider::claims::is_reserved(text) {
        return Err(format!("{text} belongs to the protocol: choose another claim name"));
    }
    Ok(text.to_owned())
}

/// The application as the form saw it; see the connections' twin.
async fn as_seen(broker: &Broker, (id, version): (&ApplicationId, i64)) -> Result<Application, NotDone> {
    if let Some(found) = get(broker, id).filter(|application| application.revision == version) {
        return Ok(found);
    }
    broker.reload().await?;
    let found = get(broker, id).ok_or(NotDone::Gone)?;
    if found.revision == version { Ok(found) } else { Err(NotDone::Stale) }
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

/// Removes one of two secrets, told by its ending; the last one stays.
pub async fn remove_secret(
    broker: &Broker,
    admin: &Admin,
    id: &ApplicationId,
    ending: &str,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let mut application = get(broker, id).ok_or(NotDone::Gone)?;
    let Some(at) = application.secrets.iter().position(|secret| secret.ending == ending) else {
        return Err(NotDone::Stale);
    };
    if application.secrets.len() < 2 {
        return Err(NotDone::Forbidden("The last secret cannot be removed: add a new one first".to_owned()));
    }
    application.secrets.remove(at);
    store(broker, admin, application, "application.secret_removed", visitor).await
}

/// Deletes one; its grants end with it.
pub async fn delete(broker: &Broker, admin: &Admin, id: &ApplicationId, visitor: &Visitor) -> Result<(), NotDone> {
    get(broker, id).ok_or(NotDone::Gone)?;
    let event = deed(broker, admin, visitor, "application.deleted", crate::audit::application_object(id));
    let (id, now) = (id.clone(), broker.now());
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            if !applications::delete(tx, &id).await? {
                return Err(NotDone::Gone);
            }
            grants::revoke_by_application(tx, &id, now).await?;
            mark_deleted(tx, "application", id.as_str()).await?;
            Ok(())
        })
    })
    .await
}

async fn store(
    broker: &Broker,
    admin: &Admin,
    application: Application,
    action: &str,
    visitor: &Visitor,
) -> Result<(), NotDone> {
    let event = deed(broker, admin, visitor, action, crate::audit::application_object(&application.id));
    change_configuration(broker, event, move |tx| {
        Box::pin(async move {
            applications::update(tx, &application).await?.ok_or(NotDone::Stale)?;
            Ok(())
        })
    })
    .await
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
    application.auth_method = auth_method(application.kind, &form.auth_method)?;
    application.id_token_alg = match form.id_token_alg.as_str() {
        "RS256" => SigningAlgorithm::Rs256,
        "ES256" => SigningAlgorithm::Es256,
        _ => return Err(NotDone::field("id_token_alg", "Choose RS256 or ES256")),
    };
    application.connections.clone_from(&form.connections);
    application.sign_in_page = form.sign_in_page;
    application.home_url = home_url(&form.home_url)?;
    Ok(())
}

fn auth_method(kind: ApplicationKind, text: &str) -> Result<ClientAuthMethod, NotDone> {
    match (kind.is_confidential(), text) {
        (false, _) => Ok(ClientAuthMethod::None),
        (true, "client_secret_basic") => Ok(ClientAuthMethod::ClientSecretBasic),
        (true, "client_secret_post") => Ok(ClientAuthMethod::ClientSecretPost),
        _ => Err(NotDone::field("auth_method", "Choose how the secret is sent")),
    }
}

/// A web address that people are led to: never `javascript:` and the like.
fn home_url(text: &str) -> Result<Option<String>, NotDone> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && text.len() <= 2000 => Ok(Some(url.into())),
        _ => Err(NotDone::field("home_url", "Enter an address that begins with https://")),
    }
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
        .map(|line| parse(line).map_err(|fault| NotDone::field(field, format!("“{line}”: {fault}"))))
        .collect()
}
