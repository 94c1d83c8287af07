//! Questions that a script asks and the broker answers. An answer is recorded under the key of its question, and the
//! script runs again from the top.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whom a question or an effect is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Who {
    /// The id of the local account, where there is one.
    pub unique_id: Option<String>,
    /// The user name, for people to read; never enough to act on.
    pub username: String,
    /// The step whose subject it is; absent for a person that was looked up.
    pub step: Option<u8>,
}

impl Who {
    fn key(&self) -> String {
        match (&self.unique_id, self.step) {
            (Some(id), _) => format!("id:{id}"),
            (None, Some(step)) => format!("step:{step}"),
            (None, None) => format!("name:{}", self.username),
        }
    }
}

/// A question. The JSON that answers it stands with each.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The local account that the identity is linked to: a `UserView`, or null.
    AssociatedLocalUser {
        /// A federated person.
        who: Who,
    },
    /// The local accounts that have all these values: a list of `UserView`, at most ten.
    UsersWithClaims {
        /// Values by our attribute name.
        claims: BTreeMap<String, String>,
    },
    /// The person's sessions: a list of [`SessionView`].
    UserSessions {
        /// Whose.
        who: Who,
    },
    /// Whether this browser already has a session: a boolean.
    SessionExists,
    /// The applications this browser's session is signed in to: a list of names.
    AuthenticatedApplications,
    /// Whether Microsoft's token says that the address is verified: a boolean.
    MicrosoftEmailVerification {
        /// The step that signed in with Microsoft.
        step: u8,
    },
    /// An HTTP call: an [`HttpAnswer`].
    Http(HttpCall),
}

impl Fact {
    /// The canonical key. Never holds a secret: payload, headers and query stay out of it, the number of the call
    /// tells two calls apart.
    pub fn key(&self) -> String {
        match self {
            Self::AssociatedLocalUser { who } => format!("associated:{}", who.key()),
            Self::UsersWithClaims { claims } => {
                let wanted = serde_json::to_string(claims).unwrap_or_default();
                format!("users:{wanted}")
            }
            Self::UserSessions { who } => format!("sessions:{}", who.key()),
            Self::SessionExists => "session_exists".to_owned(),
            Self::AuthenticatedApplications => "applications".to_owned(),
            Self::MicrosoftEmailVerification { step } => format!("microsoft:{step}"),
            Self::Http(call) => {
                let bare = call.url.split(['?', '#']).next().unwrap_or_default();
                format!("http:{}:{}:{bare}", call.number, call.method)
            }
        }
    }
}

/// An HTTP call that a script wants. The broker holds it to the allow-list.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpCall {
    /// Which call of this sign-in, from 1.
    pub number: usize,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where to, as the script wrote it.
    pub url: String,
    /// What to send with `POST`.
    pub payload: Option<Value>,
    /// Headers, names as written.
    pub headers: BTreeMap<String, String>,
    /// How to authenticate.
    pub auth: Option<HttpAuth>,
}

/// How an HTTP call authenticates. Holds secrets: not printed, not stored.
#[derive(Clone, PartialEq, Eq)]
pub enum HttpAuth {
    /// HTTP Basic.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: String,
    },
    /// A bearer token.
    Bearer {
        /// The token.
        token: String,
    },
    /// A header with a key.
    ApiKey {
        /// The header.
        header: String,
        /// The key.
        value: String,
    },
    /// OAuth 2.0 client credentials, fetched first.
    ClientCredential {
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: String,
        /// Token endpoint.
        token_endpoint: String,
        /// Scopes, space-separated.
        scope: Option<String>,
    },
}

impl std::fmt::Debug for HttpAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic([secret])",
            Self::Bearer { .. } => "Bearer([secret])",
            Self::ApiKey { .. } => "ApiKey([secret])",
            Self::ClientCredential { .. } => "ClientCredential([secret])",
        })
    }
}

/// How an HTTP call ended, as it is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum HttpAnswer {
    /// A 2xx answer: goes to `onSuccess(context, body)`.
    Ok {
        /// The parsed JSON, or the text as a string.
        body: Value,
    },
    /// Another status, or no answer: goes to `onFail(context)`.
    Failed {
        /// The status, where there was one.
        #[serde(default)]
        status: Option<u16>,
    },
    /// Too slow: goes to `onTimeout(context)`, or to `onFail`.
    TimedOut,
}

/// A session, as scripts see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionView {
    /// An id for `terminateUserSession`; not the cookie.
    pub id: String,
    /// Milliseconds of Unix time.
    pub created_timestamp: i64,
    /// Milliseconds of Unix time.
    pub last_access_timestamp: i64,
    /// The user agent, as far as kept.
    pub user_agent: String,
    /// The address, as far as kept.
    pub ip: String,
}
