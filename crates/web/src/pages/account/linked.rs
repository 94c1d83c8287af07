//! Linked accounts: the list, one more, one less.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::{Link, Named};

/// An account of a provider that leads here.
#[derive(Debug, Clone)]
pub struct LinkedView {
    pub connection: Named,
    /// Who the person is there, masked.
    pub external: String,
    /// What the link rests on, in words.
    pub origin: String,
    pub since: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// Where it is unlinked.
    pub href: String,
}

/// The list.
#[derive(Template)]
#[template(path = "account/linked.html")]
pub struct LinkedPage {
    pub shell: Shell,
    pub accounts: Vec<LinkedView>,
    /// What can be linked.
    pub linkable: Vec<Link>,
    pub errors: FormErrors,
}

/// "Link this account?", after the return from the provider.
#[derive(Template)]
#[template(path = "account/link.html")]
pub struct ConfirmLinkPage {
    pub shell: Shell,
    /// Name of the connection.
    pub connection: String,
    /// Who the person is there, masked.
    pub external: String,
}

impl ConfirmLinkPage {
    fn who(&self) -> String {
        let named = (("connection", self.connection.as_str()), ("external", self.external.as_str()));
        self.shell.ui.texts.t2("account-link-confirm-who", named.0, named.1)
    }
}

/// "Unlink?"
#[derive(Template)]
#[template(path = "account/unlink.html")]
pub struct UnlinkPage {
    pub shell: Shell,
    pub account: LinkedView,
    pub last_way_in: bool,
    pub errors: FormErrors,
}

impl UnlinkPage {
    fn heading(&self) -> String {
        self.shell.ui.t1("account-unlink-heading", "connection", self.account.connection.name())
    }
}
