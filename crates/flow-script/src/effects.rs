//! What a script wants to have changed. The broker decides whether it may, and carries it out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Who;

/// A change. Every run collects all of them from the top; what lands at once is carried out only beyond
/// [`crate::Record::effects_done`], what lands at the end is taken from the run that succeeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// At once: end a session.
    TerminateSession {
        /// Whose.
        who: Who,
        /// [`crate::SessionView::id`].
        session: String,
    },
    /// At the end: write an attribute of the local account.
    SetLocalClaim {
        /// Whose.
        who: Who,
        /// Our attribute name.
        name: String,
        /// One value, a list, or null to remove it.
        value: Value,
    },
    /// At the end, for this sign-in only: a claim that is told to the application.
    SetClaim {
        /// Whose.
        who: Who,
        /// Our attribute name.
        name: String,
        /// One value, a list, or null to leave it out.
        value: Value,
    },
    /// At the end: give roles. A role is a local group that an admin listed for scripts.
    AssignRoles {
        /// Whom.
        who: Who,
        /// Names.
        roles: Vec<String>,
    },
    /// At the end: take roles.
    RemoveRoles {
        /// Whom.
        who: Who,
        /// Names.
        roles: Vec<String>,
    },
    /// At the end: a sealed cookie.
    SetCookie(CookieSpec),
    /// At the end: a mail, through the outbox.
    SendEmail {
        /// To whom.
        who: Who,
        /// The template.
        template: String,
        /// What it says.
        placeholders: BTreeMap<String, String>,
    },
    /// At the end: a header of the response, from the allow-list.
    SetResponseHeader {
        /// Lower case.
        name: String,
        /// Without control characters.
        value: String,
    },
}

impl Effect {
    /// Whether it lands at once rather than with the end of the sign-in.
    pub fn is_immediate(&self) -> bool {
        matches!(self, Self::TerminateSession { .. })
    }
}

/// A cookie that `setCookie` wants. Always sealed, `Secure` and `HttpOnly`, for the whole installation; `SameSite=Lax` unless
/// the script says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieSpec {
    /// The name that `getCookieValue` asks for.
    pub name: String,
    /// The text to seal.
    pub value: String,
    /// Seconds; absent: as long as the browser runs; 0: the cookie goes.
    pub max_age: Option<u32>,
    /// `Strict`, `Lax` or `None`.
    pub same_site: String,
}
