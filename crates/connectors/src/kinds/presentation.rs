//! What the wizard says about a kind: its name, and the provider's own words.

use usher_domain::ConnectionKind;

/// Under which heading the wizard lists a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A standard, for whoever speaks it.
    Standard,
    /// Providers of organisations.
    Enterprise,
    /// Providers of people.
    Social,
}

/// A kind in the words of its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presentation {
    /// Its name.
    pub name: &'static str,
    /// Under which heading.
    pub group: Group,
    /// What the provider calls the redirect URI.
    pub redirect_uri: &'static str,
    /// Where Usher is registered; empty: the admin knows.
    pub register_at: &'static str,
}

/// What the wizard says about a kind.
pub fn presentation(kind: ConnectionKind) -> Presentation {
    let (name, group, redirect_uri, register_at) = match kind {
        ConnectionKind::Oidc => ("OpenID Connect", Group::Standard, "Redirect URI", ""),
        ConnectionKind::Oauth2 => ("Custom OAuth 2.0", Group::Standard, "Redirect URI or callback URL", ""),
        ConnectionKind::Microsoft => {
            ("Microsoft", Group::Enterprise, "Redirect URI (type Web)", "https://entra.microsoft.com")
        }
        ConnectionKind::Okta => ("Okta", Group::Enterprise, "Sign-in redirect URI", ""),
        ConnectionKind::Gitlab => ("GitLab", Group::Enterprise, "Redirect URI", ""),
        ConnectionKind::Google => {
            ("Google", Group::Social, "Authorized redirect URI", "https://console.cloud.google.com/auth/clients")
        }
        ConnectionKind::Github => {
            ("GitHub", Group::Social, "Authorization callback URL", "https://github.com/settings/developers")
        }
        ConnectionKind::Apple => {
            ("Apple", Group::Social, "Return URL", "https://developer.apple.com/account/resources/identifiers")
        }
        ConnectionKind::Facebook => {
            ("Facebook", Group::Social, "Valid OAuth redirect URI", "https://developers.facebook.com/apps")
        }
        ConnectionKind::Linkedin => (
            "LinkedIn",
            Group::Social,
            "Authorized redirect URL for your app",
            "https://www.linkedin.com/developers/apps",
        ),
    };
    Presentation { name, group, redirect_uri, register_at }
}
