//! The frame of the account page: navigation, whose account it is, the banner after a redirect.

use crate::pages::{Ui, paths::routes};

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Home,
    Profile,
    Security,
    Linked,
    Sessions,
    Applications,
    History,
}

impl Section {
    /// In the order of the navigation.
    pub const ALL: [Self; 7] =
        [Self::Home, Self::Profile, Self::Security, Self::Linked, Self::Sessions, Self::Applications, Self::History];

    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Home => "account-nav-home",
            Self::Profile => "account-nav-profile",
            Self::Security => "account-nav-security",
            Self::Linked => "account-nav-linked",
            Self::Sessions => "account-nav-sessions",
            Self::Applications => "account-nav-applications",
            Self::History => "account-nav-history",
        }
    }

    /// The key of what is there.
    pub fn lead_key(self) -> &'static str {
        match self {
            Self::Home => "account-lead",
            Self::Profile => "account-lead-profile",
            Self::Security => "account-lead-security",
            Self::Linked => "account-lead-linked",
            Self::Sessions => "account-lead-sessions",
            Self::Applications => "account-lead-applications",
            Self::History => "account-lead-history",
        }
    }

    /// Its address.
    pub fn href(self) -> &'static str {
        match self {
            Self::Home => routes::ACCOUNT,
            Self::Profile => routes::ACCOUNT_PROFILE,
            Self::Security => routes::ACCOUNT_SECURITY,
            Self::Linked => routes::ACCOUNT_LINKED,
            Self::Sessions => routes::ACCOUNT_SESSIONS,
            Self::Applications => routes::ACCOUNT_APPLICATIONS,
            Self::History => routes::ACCOUNT_HISTORY,
        }
    }
}

/// What a banner may say: keys of texts, which a redirect carries in a cookie; never free text.
pub const FLASHES: &[&str] = &[
    "account-flash-saved",
    "account-flash-session-ended",
    "account-flash-others-ended",
    "account-flash-revoked",
    "account-flash-email",
    "account-flash-email-sent",
    "account-flash-email-kept",
    "account-flash-secured",
    "account-flash-secured-link",
    "account-flash-secured-password",
    "account-flash-signed-in-again",
    "account-flash-password",
    "account-flash-app",
    "account-flash-passkey",
    "account-flash-codes",
    "account-flash-renamed",
    "account-flash-removed",
    "account-flash-linked",
    "account-flash-not-linked",
    "account-flash-unlinked",
];

/// Reads what a redirect carried.
pub fn flash(text: &str) -> Option<&'static str> {
    FLASHES.iter().find(|known| **known == text).copied()
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Shell {
    pub ui: Ui,
    /// The entry to mark as current.
    pub section: Section,
    /// The user name.
    pub name: String,
    /// Anti-forgery token of this account in this session.
    pub csrf: String,
    /// Key of what the banner says.
    pub flash: Option<&'static str>,
    /// Whether the last sign-in is recent enough for what protects the account.
    pub fresh: bool,
}

impl Shell {
    /// The navigation.
    pub fn sections(&self) -> &'static [Section] {
        &Section::ALL
    }

    /// Whether the entry is the current one.
    pub fn is_current(&self, section: &Section) -> bool {
        self.section == *section
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Language, Texts};

    #[test]
    fn a_banner_says_only_what_is_known_and_in_every_language() {
        assert_eq!(flash("<script>"), None);
        assert_eq!(flash("account-flash-saved"), Some("account-flash-saved"));
        for (language, key) in Language::ALL.into_iter().flat_map(|l| FLASHES.iter().map(move |key| (l, *key))) {
            assert_ne!(Texts(language).t(key), key);
        }
        for section in Section::ALL {
            for key in [section.key(), section.lead_key()] {
                assert_ne!(Texts(Language::De).t(key), key);
            }
        }
    }
}
