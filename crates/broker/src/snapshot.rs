//! The configuration as one immutable snapshot: the sign-in path reads no configuration from SQL.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use usher_domain::{
    Application, ApplicationClaims, ApplicationId, ApplicationKind, AttributeDefinition, AttributeSchema,
    Authenticator, ClientAuthMethod, Connection, ConnectionId, FlowDefinition, FlowOwner, FlowVersion, Group, GroupId,
    RedirectUri, SecretText, SignInPageListing, SignInPageStyle, SigningAlgorithm, UnmappedGroups,
};
use usher_login_flow::{FlowPlan, StepOption, StepPlan};
use usher_oidc_provider::keys::{KeyRing, KeyRole, SigningKey};
use usher_storage::signing_keys::KeyState;
use usher_storage::{
    Purpose, Sealed, Store, Tx, applications, attribute_definitions, config, connections, flow_versions, groups,
    signing_keys,
};

use crate::broker::Settings;
use crate::failure::Fault;
use crate::replay::Recordings;
use crate::security::{self, SecuritySettings};

/// Id of the console, an application of Usher itself.
pub const CONSOLE: &str = "usher-console";
/// Id of the account page, another one.
pub const ACCOUNT: &str = "usher-account";
/// The `acr` by which the account page asks for a factor of a person who has some.
pub const ACCOUNT_FACTORS: &str = "urn:usher:account:factors";

/// A connection with its secret opened.
#[derive(Debug, Clone)]
pub struct ConfiguredConnection {
    /// As the admin configured it.
    pub connection: Connection,
    /// Client secret or private key.
    pub secret: Option<SecretText>,
}

/// A flow as it was published last.
#[derive(Debug, Clone)]
pub struct PublishedFlow {
    /// Whose, and the how-manieth.
    pub version: FlowVersion,
    /// What it says.
    pub definition: FlowDefinition,
    /// Libraries, secrets and pages that its script was published with.
    pub bundle: Option<Sealed>,
}

/// Everything configured, at one version.
pub struct Snapshot {
    /// The version row at reading.
    pub version: i64,
    /// By id.
    pub connections: BTreeMap<ConnectionId, ConfiguredConnection>,
    /// By client id; the console and the account page are among them.
    pub applications: HashMap<ApplicationId, Application>,
    /// The local attributes.
    pub schema: AttributeSchema,
    /// The local groups, by id.
    pub groups: BTreeMap<GroupId, Group>,
    /// The published flows.
    pub flows: BTreeMap<FlowOwner, PublishedFlow>,
    /// Which flows record sign-ins.
    pub recordings: Recordings,
    /// What is asked of passwords and sessions.
    pub security: SecuritySettings,
    /// Our signing keys.
    pub keys: KeyRing,
    plain: Vec<Connection>,
}

impl Snapshot {
    /// An application by client id.
    pub fn application(&self, id: &ApplicationId) -> Option<&Application> {
        self.applications.get(id)
    }

    /// The flow of an application: its own, else the one for all. The console has only its own: a mistake in the flow
    /// for all must not lock its admins out.
    pub fn flow_of(&self, application: &ApplicationId) -> Option<&PublishedFlow> {
        let own = self.flows.get(&FlowOwner::Application(application.clone()));
        own.or_else(|| self.flows.get(&FlowOwner::Default).filter(|_| application.as_str() != CONSOLE))
    }

    /// What a sign-in to an application offers now.
    pub fn plan_for(&self, application: &Application, acr_values: &[String]) -> FlowPlan {
        match self.flow_of(&application.id).filter(|_| !asks_for_factors(application, acr_values)) {
            Some(flow) => {
                FlowPlan::of_flow(&flow.definition, flow.version.clone(), application, &self.plain, acr_values)
            }
            None => self.plan_without_flow(application, acr_values),
        }
    }

    /// What it offers where no flow is published.
    pub fn plan_without_flow(&self, application: &Application, acr_values: &[String]) -> FlowPlan {
        let plan = FlowPlan::for_application(application, &self.plain);
        if asks_for_factors(application, acr_values) { with_factors(plan) } else { plan }
    }

    /// A connection that exists and is switched on.
    pub fn live_connection(&self, id: &ConnectionId) -> Option<&ConfiguredConnection> {
        self.connections.get(id).filter(|c| c.connection.enabled)
    }

    /// Connections without their secrets, by id.
    pub fn plain_connections(&self) -> &[Connection] {
        &self.plain
    }

    /// The connection that a hint names: id, script name, or e-mail domain.
    pub fn resolve_hint(&self, hint: &usher_oidc_provider::authorize::IdpHint) -> Option<ConnectionId> {
        use usher_oidc_provider::authorize::IdpHint;
        match hint {
            IdpHint::Connection(name) => self
                .connections
                .values()
                .find(|c| c.connection.id.as_str() == name || c.connection.script_name == *name)
                .map(|c| c.connection.id.clone()),
            IdpHint::Domain(domain) => self.by_domain(domain),
        }
    }

    /// A connection that people may sign in with: switched on, and not for linking only (LINK-13).
    pub fn sign_in_connection(&self, id: &ConnectionId) -> Option<&ConfiguredConnection> {
        self.live_connection(id).filter(|c| c.connection.listing != SignInPageListing::LinkOnly)
    }

    /// Whether a connection's word counts that an address of this domain belongs to its person. One that lists the domains
    /// it may assert speaks for those alone; another one for every domain that none else is in charge of.
    pub fn may_assert(&self, domain: &str, own: &ConnectionId) -> bool {
        let lists = |domains: &[String]| domains.iter().any(|listed| listed.eq_ignore_ascii_case(domain));
        let Some(mine) = self.connections.get(own).map(|c| &c.connection) else { return false };
        if !mine.asserted_domains.is_empty() {
            return lists(&mine.asserted_domains);
        }
        let others = || self.plain.iter().filter(|other| other.id != *own);
        let asserted_elsewhere = others().any(|other| lists(&other.asserted_domains));
        let held_elsewhere = others().any(|other| lists(&other.email_domains));
        !asserted_elsewhere && (!held_elsewhere || lists(&mine.email_domains))
    }

    /// The local groups that a connection may feed.
    pub fn groups_of(&self, connection: &Connection) -> Vec<Group> {
        match connection.groups.unmapped {
            UnmappedGroups::CreatedByName => self.groups.values().cloned().collect(),
            UnmappedGroups::Ignored => {
                connection.groups.mapping.iter().filter_map(|row| self.groups.get(&row.group)).cloned().collect()
            }
        }
    }

    /// The connections in charge of a domain by which people sign in to an application.
    pub fn realms(&self, domain: &str) -> Vec<ConnectionId> {
        let domain = domain.to_ascii_lowercase();
        let in_charge = |c: &&Connection| {
            c.enabled && c.listing != SignInPageListing::LinkOnly && c.email_domains.contains(&domain)
        };
        self.plain.iter().filter(in_charge).map(|c| c.id.clone()).collect()
    }

    /// The one connection whose people have addresses on this domain.
    pub fn by_domain(&self, domain: &str) -> Option<ConnectionId> {
        let domain = domain.to_ascii_lowercase();
        let mut matching = self.connections.values().filter(|c| c.connection.email_domains.contains(&domain));
        match (matching.next(), matching.next()) {
            (Some(only), None) => Some(only.connection.id.clone()),
            _ => None,
        }
    }
}

fn asks_for_factors(application: &Application, acr_values: &[String]) -> bool {
    application.id.as_str() == ACCOUNT && acr_values.iter().any(|acr| acr == ACCOUNT_FACTORS)
}

/// However the person signed in, then one of the factors they have.
fn with_factors(mut plan: FlowPlan) -> FlowPlan {
    let factors = [Authenticator::Passkey, Authenticator::Totp, Authenticator::RecoveryCode];
    let options = factors.into_iter().map(|authenticator| StepOption::Factor { authenticator }).collect();
    plan.steps.push(StepPlan { options });
    plan.acr = Some(ACCOUNT_FACTORS.to_owned());
    plan
}

struct Rows {
    version: i64,
    connections: Vec<(Connection, Option<usher_storage::Sealed>)>,
    applications: Vec<Application>,
    keys: Vec<signing_keys::SigningKey>,
    attributes: Vec<AttributeDefinition>,
    groups: Vec<Group>,
    flows: Vec<flow_versions::FlowHead>,
    security: SecuritySettings,
    recordings: Recordings,
}

async fn read_rows(tx: &mut Tx) -> Result<Rows, Fault> {
    Ok(Rows {
        version: config::version(tx).await?,
        connections: connections::list_sealed(tx).await?,
        applications: applications::list(tx).await?,
        keys: signing_keys::list(tx).await?,
        attributes: attribute_definitions::list(tx).await?,
        groups: groups::list(tx).await?,
        security: security::read(tx).await?,
        recordings: Recordings::read(tx).await?,
        flows: flow_versions::heads(tx).await?,
    })
}

/// Reads the whole configuration.
pub async fn load(store: &Store, settings: &Settings, now: DateTime<Utc>) -> Result<Snapshot, Fault> {
    // One write transaction: the version and the rows belong together.
    let rows = store.write(move |tx| Box::pin(read_rows(tx))).await?;
    let sealer = store.sealer();
    let mut connections = BTreeMap::new();
    for (connection, sealed) in rows.connections {
        let secret = match sealed {
            None => None,
            Some(blob) => Some(open_text(sealer, Purpose::CONNECTION_SECRET, connection.id.as_str(), &blob)?),
        };
        connections.insert(connection.id.clone(), ConfiguredConnection { connection, secret });
    }
    let mut applications: HashMap<_, _> = rows.applications.into_iter().map(|a| (a.id.clone(), a)).collect();
    for own in [own_application(settings, &CONSOLE_PAGE)?, own_application(settings, &ACCOUNT_PAGE)?] {
        applications.insert(own.id.clone(), own);
    }
    let mut keys = Vec::new();
    for row in rows.keys.into_iter().filter(|key| key.expires_at.is_none_or(|end| end > now)) {
        let pkcs8 = sealer
            .open(Purpose::SIGNING_KEY, row.id.as_str(), &row.private_key)
            .map_err(|e| Fault::unreadable("signing key", e))?;
        let key =
            SigningKey::from_pkcs8(row.id, row.algorithm, &pkcs8).map_err(|e| Fault::unreadable("signing key", e))?;
        let role = if row.state == KeyState::Current { KeyRole::Current } else { KeyRole::Published };
        keys.push((role, key));
    }
    let keys = KeyRing::new(keys).map_err(|e| Fault::unreadable("signing keys", e))?;
    let plain = connections.values().map(|c: &ConfiguredConnection| c.connection.clone()).collect();
    let schema = AttributeSchema::with(rows.attributes);
    let groups = rows.groups.into_iter().map(|group| (group.id.clone(), group)).collect();
    let flows = rows.flows.into_iter().map(published).collect();
    Ok(Snapshot {
        version: rows.version,
        security: rows.security,
        recordings: rows.recordings,
        connections,
        applications,
        schema,
        groups,
        flows,
        keys,
        plain,
    })
}

fn published(head: flow_versions::FlowHead) -> (FlowOwner, PublishedFlow) {
    let version = FlowVersion { owner: head.owner.key().to_owned(), number: head.number };
    (head.owner, PublishedFlow { version, definition: head.definition, bundle: head.bundle })
}

fn open_text(
    sealer: &usher_storage::Sealer,
    purpose: Purpose,
    row: &str,
    blob: &usher_storage::Sealed,
) -> Result<SecretText, Fault> {
    let bytes = sealer.open(purpose, row, blob).map_err(|e| Fault::unreadable("secret", e))?;
    let text = std::str::from_utf8(&bytes).map_err(|e| Fault::unreadable("secret", e))?;
    Ok(SecretText::new(text))
}

/// A part of Usher that signs people in through Usher's own OpenID provider, handled in-process.
struct OwnPage {
    id: &'static str,
    name: &'static str,
    path: &'static str,
    local_account_required: bool,
}

const CONSOLE_PAGE: OwnPage =
    OwnPage { id: CONSOLE, name: "Usher Console", path: "/console", local_account_required: true };
/// Whoever has no account here is told so by the page itself.
const ACCOUNT_PAGE: OwnPage =
    OwnPage { id: ACCOUNT, name: "Usher Account", path: "/account", local_account_required: false };

/// Whether an application is a part of Usher itself.
pub fn is_own(application: &ApplicationId) -> bool {
    [CONSOLE, ACCOUNT].contains(&application.as_str())
}

fn own_application(settings: &Settings, page: &OwnPage) -> Result<Application, Fault> {
    let redirect = RedirectUri::parse(&format!("{}{}/callback", settings.public_url, page.path))
        .map_err(|_| Fault::Invariant("a page of ours has a redirect URI"))?;
    let signed_out = RedirectUri::parse(&format!("{}/signed-out", settings.public_url))
        .map_err(|_| Fault::Invariant("a page of ours has a post-logout URI"))?;
    Ok(Application {
        id: ApplicationId::parse(page.id).map_err(|_| Fault::Invariant("a page of ours has an id"))?,
        name: page.name.to_owned(),
        kind: ApplicationKind::Spa,
        enabled: true,
        auth_method: ClientAuthMethod::None,
        secrets: Vec::new(),
        redirect_uris: vec![redirect],
        post_logout_redirect_uris: vec![signed_out],
        origins: Vec::new(),
        id_token_alg: SigningAlgorithm::Es256,
        connections: None,
        local_sign_in: true,
        local_account_required: page.local_account_required,
        sign_in_page: SignInPageStyle::default(),
        claims: ApplicationClaims::default(),
        home_url: Some(format!("{}{}", settings.public_url, page.path)),
        revision: 0,
    })
}
