//! Inviting the person of an account: by mail, or by a link that is shown once.

use askama::Template;
use usher_domain::{SecretText, UserId};

use super::Shell;
use crate::forms::FormErrors;
use crate::pages::Named;
use crate::pages::paths::{self, routes};

/// How the invitation will travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationWay {
    /// By mail to the person's verified address.
    Mail,
    /// By the admin's hand.
    Hand,
}

/// "Invite this person?", and afterwards the link where no mail goes.
#[derive(Debug, Template)]
#[template(path = "console/users/invite.html")]
pub struct InvitePage {
    pub shell: Shell,
    pub id: UserId,
    pub name: Named,
    pub way: InvitationWay,
    /// For how many hours a link works.
    pub hours: u32,
    /// The link, once.
    pub link: Option<SecretText>,
    pub errors: FormErrors,
}

impl InvitePage {
    fn profile_href(&self) -> String {
        paths::user(routes::USER_PROFILE, &self.id)
    }

    fn action(&self) -> String {
        paths::user(routes::USER_INVITE, &self.id)
    }

    fn life(&self) -> String {
        self.shell.ui.count("invite-life", "hours", u64::from(self.hours))
    }

    fn way(&self) -> String {
        self.shell.ui.t(match self.way {
            InvitationWay::Mail => "invite-by-mail",
            InvitationWay::Hand => "invite-by-hand",
        })
    }

    fn button(&self) -> String {
        self.shell.ui.t(match self.way {
            InvitationWay::Mail => "invite-button-mail",
            InvitationWay::Hand => "invite-button-hand",
        })
    }
}
