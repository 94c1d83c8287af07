//! The frame of the console: navigation, the signed-in admin, the banner after a redirect.

use crate::pages::{Tone, Ui, paths::routes};

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Home,
    SignIns,
    Applications,
    Connections,
    Users,
    Groups,
    Attributes,
    Flow,
    Settings,
}

impl Section {
    /// In the order of the sidebar.
    pub const ALL: [Self; 9] = [
        Self::Home,
        Self::SignIns,
        Self::Applications,
        Self::Connections,
        Self::Users,
        Self::Groups,
        Self::Attributes,
        Self::Flow,
        Self::Settings,
    ];

    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Home => "nav-home",
            Self::SignIns => "nav-sign-ins",
            Self::Applications => "nav-applications",
            Self::Connections => "nav-connections",
            Self::Users => "nav-users",
            Self::Groups => "nav-groups",
            Self::Attributes => "nav-attributes",
            Self::Flow => "nav-flow",
            Self::Settings => "nav-settings",
        }
    }

    /// Its address.
    pub fn href(self) -> &'static str {
        match self {
            Self::Home => routes::HOME,
            Self::SignIns => routes::SIGN_INS,
            Self::Applications => routes::APPLICATIONS,
            Self::Connections => routes::CONNECTIONS,
            Self::Users => routes::USERS,
            Self::Groups => routes::GROUPS,
            Self::Attributes => routes::ATTRIBUTES,
            Self::Flow => routes::SIGN_IN_FLOW,
            Self::Settings => routes::SETTINGS_EMAIL,
        }
    }
}

/// What a banner says. The name is the stable text that a redirect carries (in a cookie), never free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashKind {
    Saved,
    JitUpdated,
    ConnectionCreated,
    ConnectionRenamed,
    ConnectionDeleted,
    ConnectionEnabled,
    ConnectionDisabled,
    ApplicationDeleted,
    ApplicationEnabled,
    ApplicationDisabled,
    SecretRemoved,
    UserCreated,
    UserEnabled,
    UserDisabled,
    LinkRemoved,
    UserDeleted,
    AccountLinked,
    SessionEnded,
    SignedOut,
    AttributeCreated,
    AttributeDeleted,
    GroupCreated,
    GroupDeleted,
    MemberAdded,
    MemberRemoved,
    TestMailSent,
    InvitationQueued,
    FlowPublished,
    DraftDiscarded,
    FlowReverted,
    DraftRestored,
    ScriptSecretSaved,
    LibrarySaved,
    FactorRemoved,
    FactorsReset,
    PasswordLinkQueued,
}

impl FlashKind {
    const ALL: [Self; 36] = [
        Self::Saved,
        Self::JitUpdated,
        Self::ConnectionCreated,
        Self::ConnectionRenamed,
        Self::ConnectionDeleted,
        Self::ConnectionEnabled,
        Self::ConnectionDisabled,
        Self::ApplicationDeleted,
        Self::ApplicationEnabled,
        Self::ApplicationDisabled,
        Self::SecretRemoved,
        Self::UserCreated,
        Self::UserEnabled,
        Self::UserDisabled,
        Self::LinkRemoved,
        Self::UserDeleted,
        Self::AccountLinked,
        Self::SessionEnded,
        Self::SignedOut,
        Self::AttributeCreated,
        Self::AttributeDeleted,
        Self::GroupCreated,
        Self::GroupDeleted,
        Self::MemberAdded,
        Self::MemberRemoved,
        Self::TestMailSent,
        Self::InvitationQueued,
        Self::FlowPublished,
        Self::DraftDiscarded,
        Self::FlowReverted,
        Self::DraftRestored,
        Self::ScriptSecretSaved,
        Self::LibrarySaved,
        Self::FactorRemoved,
        Self::FactorsReset,
        Self::PasswordLinkQueued,
    ];

    /// The stable text; also the key of the sentence.
    pub fn key(self) -> &'static str {
        match self {
            Self::Saved => "flash-saved",
            Self::JitUpdated => "flash-jit-updated",
            Self::ConnectionCreated => "flash-connection-created",
            Self::ConnectionRenamed => "flash-connection-renamed",
            Self::ConnectionDeleted => "flash-connection-deleted",
            Self::ConnectionEnabled => "flash-connection-enabled",
            Self::ConnectionDisabled => "flash-connection-disabled",
            Self::ApplicationDeleted => "flash-application-deleted",
            Self::ApplicationEnabled => "flash-application-enabled",
            Self::ApplicationDisabled => "flash-application-disabled",
            Self::SecretRemoved => "flash-secret-removed",
            Self::UserCreated => "flash-user-created",
            Self::UserEnabled => "flash-user-enabled",
            Self::UserDisabled => "flash-user-disabled",
            Self::LinkRemoved => "flash-link-removed",
            Self::UserDeleted => "flash-user-deleted",
            Self::AccountLinked => "flash-account-linked",
            Self::SessionEnded => "flash-session-ended",
            Self::SignedOut => "flash-signed-out",
            Self::AttributeCreated => "flash-attribute-created",
            Self::AttributeDeleted => "flash-attribute-deleted",
            Self::GroupCreated => "flash-group-created",
            Self::GroupDeleted => "flash-group-deleted",
            Self::MemberAdded => "flash-member-added",
            Self::MemberRemoved => "flash-member-removed",
            Self::TestMailSent => "flash-test-mail-sent",
            Self::InvitationQueued => "flash-invitation-queued",
            Self::FlowPublished => "flash-flow-published",
            Self::DraftDiscarded => "flash-draft-discarded",
            Self::FlowReverted => "flash-flow-reverted",
            Self::DraftRestored => "flash-draft-restored",
            Self::ScriptSecretSaved => "flash-secret-saved",
            Self::LibrarySaved => "flash-library-saved",
            Self::FactorRemoved => "flash-factor-removed",
            Self::FactorsReset => "flash-factors-reset",
            Self::PasswordLinkQueued => "flash-password-link-queued",
        }
    }

    /// Reads the stable text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == text)
    }
}

/// The banner after a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flash(pub FlashKind);

impl Flash {
    /// The key of its sentence.
    pub fn key(self) -> &'static str {
        self.0.key()
    }

    /// Its colour.
    pub fn class(self) -> &'static str {
        Tone::Ok.class()
    }
}

/// What somebody may do in the console; the server asks anew at every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everything.
    Everything,
    /// Help people who cannot get in.
    People,
    /// Look.
    Nothing,
}

impl Reach {
    /// Whether everything may be changed.
    pub fn manages(self) -> bool {
        self == Self::Everything
    }

    /// Whether people may be helped.
    pub fn helps(self) -> bool {
        self != Self::Nothing
    }
}

/// The frame of a console page.
#[derive(Debug, Clone)]
pub struct Shell {
    pub ui: Ui,
    /// The entry to mark as current.
    pub section: Section,
    /// The signed-in admin's user name.
    pub admin: String,
    /// Anti-forgery token of the console session.
    pub csrf: String,
    pub flash: Option<Flash>,
    /// What the admin may do.
    pub reach: Reach,
    /// Whether the controls of this page are not for them.
    pub frozen: bool,
}

impl Shell {
    /// The navigation.
    pub fn sections(&self) -> Vec<Section> {
        let open = |section: &Section| match self.reach {
            Reach::Everything | Reach::Nothing => true,
            Reach::People => matches!(section, Section::Home | Section::SignIns | Section::Users),
        };
        Section::ALL.into_iter().filter(open).collect()
    }

    /// The key of the line that says what somebody may not do here.
    pub fn limit(&self) -> Option<&'static str> {
        match self.reach {
            Reach::Everything => None,
            Reach::People => Some("limit-helpdesk"),
            Reach::Nothing => Some("limit-auditor"),
        }
    }

    /// Whether the entry is the current one.
    pub fn is_current(&self, section: &Section) -> bool {
        self.section == *section
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_texts_read_back_and_free_text_does_not() {
        for kind in FlashKind::ALL {
            assert_eq!(FlashKind::parse(kind.key()), Some(kind));
        }
        assert_eq!(FlashKind::parse("<script>"), None);
    }
}
