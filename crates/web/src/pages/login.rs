//! The hosted sign-in pages. They work without script and speak every language of the house.

use askama::Template;
use usher_domain::{ConnectionId, FlowId};

use super::{Named, Notice, Ui};
use crate::forms::FormErrors;

/// How many ways stay in sight; more fold under "More ways to sign in".
const IN_SIGHT: usize = 6;
/// How many ways one page holds; among more, people search.
const ON_A_PAGE: usize = 50;

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
    search: Option<WaySearch>,
}

/// The search among more ways than a page holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaySearch {
    /// What is searched for.
    pub text: String,
    /// How many ways fit and are not shown.
    pub left_out: usize,
}

impl Ways {
    /// The ways whose name holds `text`, as far as a page holds them; all of them where a page does.
    pub fn find(all: Vec<WayToSignIn>, last_used: Option<&ConnectionId>, text: &str) -> Self {
        if all.len() <= ON_A_PAGE {
            return Self::arrange(all, last_used);
        }
        let wanted = text.trim().to_lowercase();
        let mut fitting: Vec<_> =
            all.into_iter().filter(|way| way.name.name().to_lowercase().contains(&wanted)).collect();
        let used = last_used.and_then(|id| fitting.iter().position(|way| way.connection == *id));
        if let Some(at) = used {
            let way = fitting.remove(at);
            fitting.insert(0, way);
        }
        let left_out = fitting.len().saturating_sub(ON_A_PAGE);
        fitting.truncate(ON_A_PAGE);
        let search = Some(WaySearch { text: text.trim().to_owned(), left_out });
        // What was searched for stays in sight.
        let found = if wanted.is_empty() {
            Self::arrange(fitting, last_used)
        } else {
            Self { first: fitting, ..Self::default() }
        };
        Self { search, last_used: used.and(last_used.cloned()), ..found }
    }

    /// The search, where there are more ways than a page holds.
    pub fn search(&self) -> Option<&WaySearch> {
        self.search.as_ref()
    }

    /// Arranges the connections of the flow for a browser that used `last_used` before.
    pub fn arrange(mut all: Vec<WayToSignIn>, last_used: Option<&ConnectionId>) -> Self {
        let used = last_used.and_then(|id| all.iter().position(|way| way.connection == *id));
        if let Some(at) = used {
            let way = all.remove(at);
            all.insert(0, way);
        }
        let more = if all.len() > IN_SIGHT { all.split_off(IN_SIGHT - 1) } else { Vec::new() };
        Self { first: all, more, last_used: used.and(last_used.cloned()), search: None }
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
    /// Where a forgotten password is replaced; absent: no mail can be sent.
    pub forgot: Option<String>,
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
    /// What was typed on the page before, which cannot be edited here.
    pub identifier: Option<String>,
    /// Absent when the application offers no local sign-in.
    pub password: Option<PasswordForm>,
    /// What the browser is asked for a passkey, as JSON; absent where none is offered.
    pub passkey: Option<String>,
    pub notice: Option<Notice>,
    pub errors: FormErrors,
}

impl SignInPage {
    fn passkey_class(&self) -> &'static str {
        let alone = self.password.is_none() && self.ways.first().is_empty();
        if alone { "button" } else { "button secondary" }
    }

    fn name_autocomplete(&self) -> &'static str {
        if self.passkey.is_some() { "username webauthn" } else { "username" }
    }
}

/// The page that first asks who the person is.
#[derive(Debug, Template)]
#[template(path = "login/identify.html")]
pub struct IdentifyPage {
    pub ui: Ui,
    pub flow: FlowId,
    /// The name of the application.
    pub application: String,
    pub csrf: String,
    /// What the application's `login_hint` says.
    pub identifier: String,
    pub step: u64,
    /// What the browser is asked for a passkey, as JSON; absent where none is offered.
    pub passkey: Option<String>,
    pub ways: Ways,
    pub errors: FormErrors,
}

/// How a mailed code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeField {
    /// No mail can be sent.
    Unavailable,
    /// It can be asked for.
    Offered,
    /// It may be typed.
    Typed,
    /// It may be typed, and no other one is sent.
    LastTyped,
    /// No more codes are sent.
    UsedUp,
}

impl CodeField {
    /// Whether a code can be typed.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Typed | Self::LastTyped)
    }

    /// Whether a code can be asked for.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Offered | Self::Typed)
    }
}

/// "Link your account": the same words whatever account exists.
#[derive(Debug, Template)]
#[template(path = "login/link.html")]
pub struct LinkPage {
    pub ui: Ui,
    pub flow: FlowId,
    pub csrf: String,
    /// Who the person is at the connection, masked.
    pub external: String,
    /// The name of the connection.
    pub connection: String,
    pub username: String,
    pub code: CodeField,
    pub errors: FormErrors,
}

impl LinkPage {
    /// Whom the connection signed in, in words.
    pub fn signed_in_as(&self) -> String {
        self.ui.texts.t2("link-signed-in", ("connection", &self.connection), ("external", &self.external))
    }
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
    fn among_very_many_ways_people_search() {
        let all = Ways::find(ways(50), None, "nothing");
        assert!(all.search().is_none() && !all.first().is_empty(), "a page holds them");
        let last = ConnectionId::parse("c_777").unwrap();
        let first = Ways::find(ways(1000), Some(&last), "");
        assert_eq!((first.first().len(), first.more().len()), (5, 45));
        assert_eq!(first.search().unwrap().left_out, 950);
        assert!(first.is_last_used(&first.first()[0]));
        let found = Ways::find(ways(1000), None, " PROVIDER 77 ");
        assert_eq!((found.first().len(), found.search().unwrap().left_out), (11, 0), "77 and 770 to 779");
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
