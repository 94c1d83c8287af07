//! The hosted sign-in pages. They work without script and speak every language of the house.

use askama::Template;
use usher_domain::{ConnectionId, FlowId};

use super::{Named, Notice, Ui};
use crate::forms::FormErrors;

/// How many ways stay in sight; more fold under "More ways to sign in".
const IN_SIGHT: usize = 6;

/// A connection that a person may sign in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayToSignIn {
    /// The connection.
    pub connection: ConnectionId,
    /// Its name, for the initials.
    pub name: Named,
    /// What the button says; absent: "Continue with {name}".
    pub button_text: Option<String>,
}

impl WayToSignIn {
    /// What the button says.
    pub fn text(&self, ui: &Ui) -> String {
        match &self.button_text {
            Some(text) => crate::i18n::without_controls(text).into_owned(),
            None => ui.t1("continue-with", "connection", self.name.name()),
        }
    }
}

/// The ways in the order of the page: the one used last comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ways {
    first: Vec<WayToSignIn>,
    more: Vec<WayToSignIn>,
    last_used: Option<ConnectionId>,
}

impl Ways {
    /// Arranges the connections of the flow for a browser that used `last_used` before.
    pub fn arrange(mut all: Vec<WayToSignIn>, last_used: Option<&ConnectionId>) -> Self {
        let used = last_used.and_then(|id| all.iter().position(|way| way.connection == *id));
        if let Some(at) = used {
            let way = all.remove(at);
            all.insert(0, way);
        }
        let more = if all.len() > IN_SIGHT { all.split_off(IN_SIGHT - 1) } else { Vec::new() };
        Self { first: all, more, last_used: used.and(last_used.cloned()) }
    }

    /// Those in sight.
    pub fn first(&self) -> &[WayToSignIn] {
        &self.first
    }

    /// Those folded away.
    pub fn more(&self) -> &[WayToSignIn] {
        &self.more
    }

    /// Whether this is the one used last.
    pub fn is_last_used(&self, way: &WayToSignIn) -> bool {
        self.last_used.as_ref() == Some(&way.connection)
    }
}

/// The form for user name and password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PasswordForm {
    /// What was typed, or what the application's `login_hint` says.
    pub username: String,
}

/// The sign-in page.
#[derive(Debug, Template)]
#[template(path = "login/sign_in.html")]
pub struct SignInPage {
    pub ui: Ui,
    pub flow: FlowId,
    /// The name of the application.
    pub application: String,
    pub csrf: String,
    /// The revision of the flow that this page belongs to.
    pub step: u64,
    pub ways: Ways,
    /// Absent when the application offers no local sign-in.
    pub password: Option<PasswordForm>,
    pub notice: Option<Notice>,
    pub errors: FormErrors,
}

/// "Sign out?"
#[derive(Debug, Template)]
#[template(path = "login/sign_out.html")]
pub struct SignOutPage {
    pub ui: Ui,
    pub csrf: String,
    /// Where the form is posted.
    pub action: String,
    /// The name of the application that asks, if one does.
    pub application: Option<String>,
    /// Further fields of the form.
    pub fields: Vec<HiddenField>,
}

/// "You are signed out."
#[derive(Debug, Template)]
#[template(path = "login/signed_out.html")]
pub struct SignedOutPage {
    pub ui: Ui,
    /// Name and registered address of the application to go back to.
    pub back: Option<super::Link>,
}

/// A hidden form field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenField {
    pub name: String,
    pub value: String,
}

/// A page that posts fields onwards by itself, or by its button (OAuth 2.0 Form Post Response Mode).
#[derive(Debug, Template)]
#[template(path = "login/auto_submit.html")]
pub struct AutoSubmitPage {
    pub ui: Ui,
    /// The registered address.
    pub action: String,
    pub fields: Vec<HiddenField>,
    /// The name of the application.
    pub application: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(count: usize) -> Vec<WayToSignIn> {
        (0..count)
            .map(|i| WayToSignIn {
                connection: ConnectionId::parse(format!("c_{i}")).unwrap(),
                name: Named::new(&format!("Provider {i}")),
                button_text: None,
            })
            .collect()
    }

    #[test]
    fn up_to_six_ways_stay_in_sight_then_five() {
        for (count, first, more) in [(0, 0, 0), (6, 6, 0), (7, 5, 2), (12, 5, 7)] {
            let arranged = Ways::arrange(ways(count), None);
            assert_eq!((arranged.first().len(), arranged.more().len()), (first, more), "{count}");
        }
    }

    #[test]
    fn the_way_used_last_comes_first_even_from_behind_the_fold() {
        let last = ConnectionId::parse("c_8").unwrap();
        let arranged = Ways::arrange(ways(9), Some(&last));
        assert_eq!(arranged.first()[0].connection, last);
        assert!(arranged.is_last_used(&arranged.first()[0]) && !arranged.is_last_used(&arranged.first()[1]));
        let gone = ConnectionId::parse("c_gone").unwrap();
        assert_eq!(Ways::arrange(ways(2), Some(&gone)), Ways::arrange(ways(2), None));
    }
}
