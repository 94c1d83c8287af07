//! Every address of the pages, once: the router's patterns and the links are printed from the same place.

use usher_domain::{ApplicationId, AttributeName, ConnectionId, CorrelationId, FlowId, GroupId, LinkId, UserId};

/// Patterns for the router.
pub mod routes {
    pub const LOGIN: &str = "/login/{flow}";
    pub const LOGIN_GO: &str = "/login/{flow}/go/{connection}";
    pub const LOGIN_PASSWORD: &str = "/login/{flow}/password";
    pub const LOGIN_FORGOT: &str = "/login/{flow}/forgot";
    pub const LOGIN_FACTOR: &str = "/login/{flow}/factor";
    pub const LOGIN_CODES: &str = "/login/{flow}/recovery-codes.txt";
    pub const LOGIN_PASSKEY: &str = "/login/{flow}/passkey";
    pub const LOGIN_IDENTIFY: &str = "/login/{flow}/identify";
    pub const LOGIN_PROMPT: &str = "/login/{flow}/prompt";
    pub const LOGIN_PROOF_PASSWORD: &str = "/login/{flow}/proof/password";
    pub const LOGIN_PROOF_SEND: &str = "/login/{flow}/proof/send";
    pub const LOGIN_PROOF_CODE: &str = "/login/{flow}/proof/code";
    pub const LOGIN_PROOF_CANCEL: &str = "/login/{flow}/proof/cancel";
    pub const LOGIN_RESTART: &str = "/login/{flow}/restart";
    pub const SETUP: &str = "/setup/{token}";
    pub const LOGOUT: &str = "/logout";
    pub const SIGNED_OUT: &str = "/signed-out";

    pub const ACCOUNT: &str = "/account";
    pub const ACCOUNT_CALLBACK: &str = "/account/callback";
    pub const ACCOUNT_SIGN_IN: &str = "/account/sign-in";
    pub const ACCOUNT_SIGN_OUT: &str = "/account/sign-out";
    pub const ACCOUNT_PROFILE: &str = "/account/profile";
    pub const ACCOUNT_EMAIL: &str = "/account/email";
    pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
    pub const ACCOUNT_APPLICATIONS: &str = "/account/applications";
    pub const ACCOUNT_HISTORY: &str = "/account/history";
    pub const ACCOUNT_NOT_ME: &str = "/account/history/{entry}";
    pub const ACCOUNT_SECURITY: &str = "/account/security";
    pub const ACCOUNT_PASSWORD: &str = "/account/security/password";
    pub const ACCOUNT_APP: &str = "/account/security/app";
    pub const ACCOUNT_PASSKEY: &str = "/account/security/passkey";
    pub const ACCOUNT_CODES: &str = "/account/security/codes";
    pub const ACCOUNT_CODES_NEW: &str = "/account/security/codes/new";
    pub const ACCOUNT_CODES_FILE: &str = "/account/security/codes/recovery-codes.txt";
    pub const ACCOUNT_DEVICE: &str = "/account/security/device/{kind}/{id}";
    pub const ACCOUNT_DEVICE_REMOVE: &str = "/account/security/device/{kind}/{id}/remove";
    pub const ACCOUNT_LINKED: &str = "/account/linked";
    pub const ACCOUNT_LINK: &str = "/account/linked/go/{connection}";
    pub const ACCOUNT_LINK_CONFIRM: &str = "/account/linked/confirm";
    pub const ACCOUNT_UNLINK: &str = "/account/linked/remove/{link}";

    pub const HOME: &str = "/console";
    pub const CONSOLE_CALLBACK: &str = "/console/callback";
    pub const SIGN_OUT: &str = "/console/sign-out";
    pub const CONNECTIONS: &str = "/console/connections";
    pub const NEW_CONNECTION: &str = "/console/connections/new";
    pub const DRAFT_VALUES: &str = "/console/connections/new/{draft}/values";
    pub const DRAFT_DETAILS: &str = "/console/connections/new/{draft}/details";
    pub const DRAFT_REVIEW: &str = "/console/connections/new/{draft}/review";
    pub const CONNECTION_GENERAL: &str = "/console/connections/{id}/general";
    pub const CONNECTION_SETTINGS: &str = "/console/connections/{id}/settings";
    pub const CONNECTION_ATTRIBUTES: &str = "/console/connections/{id}/attributes";
    pub const CONNECTION_GROUPS: &str = "/console/connections/{id}/groups";
    pub const CONNECTION_JIT: &str = "/console/connections/{id}/jit";
    pub const CONNECTION_TRY: &str = "/console/connections/{id}/try";
    pub const CONNECTION_AT_RISK: &str = "/console/connections/{id}/at-risk";
    pub const CONNECTION_ADVANCED: &str = "/console/connections/{id}/advanced";
    pub const CONNECTION_EXPORT: &str = "/console/connections/{id}/export";
    pub const CONNECTION_ACTIVITY: &str = "/console/connections/{id}/activity";
    pub const CONNECTION_TEST: &str = "/console/connections/{id}/test";
    pub const CONNECTION_STATE: &str = "/console/connections/{id}/state";
    pub const CONNECTION_DELETE: &str = "/console/connections/{id}/delete";
    pub const APPLICATIONS: &str = "/console/applications";
    pub const NEW_APPLICATION: &str = "/console/applications/new";
    pub const APPLICATION_GENERAL: &str = "/console/applications/{id}/general";
    pub const APPLICATION_CLAIMS: &str = "/console/applications/{id}/attributes";
    pub const APPLICATION_SECRETS: &str = "/console/applications/{id}/secrets";
    pub const APPLICATION_STATE: &str = "/console/applications/{id}/state";
    pub const APPLICATION_DELETE: &str = "/console/applications/{id}/delete";
    pub const APPLICATION_SIGN_IN: &str = "/console/applications/{id}/sign-in";
    pub const APPLICATION_FLOW_PAGE: &str = "/console/applications/{id}/sign-in/{page}";
    pub const SIGN_IN_FLOW: &str = "/console/sign-in-flow";
    pub const SIGN_IN_FLOW_PAGE: &str = "/console/sign-in-flow/{page}";
    pub const SCRIPT_REFERENCE: &str = "/console/script-reference";
    pub const SCRIPT_REFERENCE_JSON: &str = "/console/script-reference.json";
    pub const SETTINGS_SECRETS: &str = "/console/settings/secrets";
    pub const SETTINGS_LIBRARIES: &str = "/console/settings/libraries";
    pub const SETTINGS_SCRIPT_PAGES: &str = "/console/settings/script-pages";
    pub const SETTINGS_SCRIPT_MAILS: &str = "/console/settings/script-mails";
    pub const SETTINGS_SCRIPT_REACH: &str = "/console/settings/script-reach";
    pub const USERS: &str = "/console/users";
    pub const NEW_USER: &str = "/console/users/new";
    pub const USER: &str = "/console/users/{id}";
    pub const USER_PROFILE: &str = "/console/users/{id}/profile";
    pub const USER_LINKED: &str = "/console/users/{id}/linked";
    pub const USER_INVITE: &str = "/console/users/{id}/invite";
    pub const USER_FACTORS: &str = "/console/users/{id}/mfa";
    pub const USER_PASSWORD: &str = "/console/users/{id}/password";
    pub const USER_GROUPS: &str = "/console/users/{id}/groups";
    pub const USER_SESSIONS: &str = "/console/users/{id}/sessions";
    pub const USER_HISTORY: &str = "/console/users/{id}/history";
    pub const USER_ATTRIBUTE: &str = "/console/users/{id}/attribute";
    pub const USER_RENAME: &str = "/console/users/{id}/rename";
    pub const USER_LINK: &str = "/console/users/{id}/link";
    pub const USER_UNLINK: &str = "/console/users/{id}/unlink";
    pub const USER_DELETE: &str = "/console/users/{id}/delete";
    pub const USER_STATE: &str = "/console/users/{id}/state";
    pub const ATTRIBUTES: &str = "/console/attributes";
    pub const NEW_ATTRIBUTE: &str = "/console/attributes/new";
    pub const ATTRIBUTE: &str = "/console/attributes/{name}";
    pub const ATTRIBUTE_DELETE: &str = "/console/attributes/{name}/delete";
    pub const SETTINGS_EMAIL: &str = "/console/settings/email";
    pub const SETTINGS_SECURITY: &str = "/console/settings/security";
    pub const GROUPS: &str = "/console/groups";
    pub const NEW_GROUP: &str = "/console/groups/new";
    pub const GROUP: &str = "/console/groups/{id}";
    pub const GROUP_MEMBERS: &str = "/console/groups/{id}/members";
    pub const GROUP_DELETE: &str = "/console/groups/{id}/delete";
    pub const SIGN_INS: &str = "/console/signins";
    pub const TRACE: &str = "/console/signins/{trace}";
}

/// Where the flow of the account page is edited.
pub const ACCOUNT_PAGE_FLOW: &str = "/console/applications/usher-account/sign-in";

/// `pattern` with its one `{…}` replaced. Ids need no escaping: their alphabet is safe in a path.
fn fill(pattern: &str, value: &str) -> String {
    match (pattern.find('{'), pattern.find('}')) {
        (Some(from), Some(to)) if from < to => {
            let (before, rest) = pattern.split_at(from);
            let after = rest.get(to + 1 - from..).unwrap_or_default();
            format!("{before}{value}{after}")
        }
        _ => pattern.to_owned(),
    }
}

/// An address about one device of the account page; `factor` is its kind, a colon, its id.
pub fn account_device(route: &str, factor: &str) -> String {
    let (kind, id) = factor.split_once(':').unwrap_or((factor, ""));
    fill(&fill(route, kind), id)
}

/// Where a person unlinks one of their accounts.
pub fn account_link(link: &LinkId) -> String {
    fill(routes::ACCOUNT_UNLINK, link.as_str())
}

/// The sign-in page of a flow.
pub fn login(flow: &FlowId) -> String {
    fill(routes::LOGIN, flow.as_str())
}

/// Off to a provider.
pub fn login_go(flow: &FlowId, connection: &ConnectionId) -> String {
    fill(&fill(routes::LOGIN_GO, flow.as_str()), connection.as_str())
}

/// Where user name and password are posted.
pub fn login_password(flow: &FlowId) -> String {
    fill(routes::LOGIN_PASSWORD, flow.as_str())
}

/// An address below a sign-in; `route` is one of the `LOGIN_…` patterns with nothing but the flow in it.
pub fn login_at(route: &str, flow: &FlowId) -> String {
    fill(route, flow.as_str())
}

/// Where a person says of an entry of their history that it was somebody else.
pub fn account_entry(entry: &str) -> String {
    fill(routes::ACCOUNT_NOT_ME, entry)
}

/// Where "Start again" is posted.
pub fn login_restart(flow: &FlowId) -> String {
    fill(routes::LOGIN_RESTART, flow.as_str())
}

/// An address below a connection; `route` is one of the `CONNECTION_…` patterns.
pub fn connection(route: &str, id: &ConnectionId) -> String {
    fill(route, id.as_str())
}

/// A page of the wizard; `route` is one of the `DRAFT_…` patterns. The draft carries the id reserved for the connection.
pub fn draft(route: &str, id: &ConnectionId) -> String {
    fill(route, id.as_str())
}

/// An address below an application; `route` is one of the `APPLICATION_…` patterns.
pub fn application(route: &str, id: &ApplicationId) -> String {
    fill(route, id.as_str())
}

/// An address below a user; `route` is one of the `USER_…` patterns.
pub fn user(route: &str, id: &UserId) -> String {
    fill(route, id.as_str())
}

/// An address below a group; `route` is one of the `GROUP…` patterns.
pub fn group(route: &str, id: &GroupId) -> String {
    fill(route, id.as_str())
}

/// An address below an attribute; `route` is one of the `ATTRIBUTE…` patterns. Names are safe in a path, too.
pub fn attribute(route: &str, name: &AttributeName) -> String {
    fill(route, name.as_str())
}

/// The trace of a sign-in.
pub fn trace(id: &CorrelationId) -> String {
    fill(routes::TRACE, id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_follow_the_router_patterns() {
        let (flow, connection_id) = (FlowId::parse("f_1").unwrap(), ConnectionId::parse("c_2").unwrap());
        assert_eq!(login_go(&flow, &connection_id), "/login/f_1/go/c_2");
        assert_eq!(login_password(&flow), "/login/f_1/password");
        assert_eq!(connection(routes::CONNECTION_JIT, &connection_id), "/console/connections/c_2/jit");
        assert_eq!(draft(routes::DRAFT_VALUES, &connection_id), "/console/connections/new/c_2/values");
        let account = ApplicationId::parse(usher_broker::account::APPLICATION).unwrap();
        assert_eq!(application(routes::APPLICATION_SIGN_IN, &account), ACCOUNT_PAGE_FLOW);
        assert_eq!(trace(&CorrelationId::parse("7F3K-92QX-4D00").unwrap()), "/console/signins/7F3K-92QX-4D00");
    }
}
