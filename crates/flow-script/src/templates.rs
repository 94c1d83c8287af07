//! Scripts to begin with, in our own wording; the first is the well-known one, letter by letter.

/// A script to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Stable id.
    pub id: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it does, in one or two sentences.
    pub summary: &'static str,
    /// The script.
    pub source: &'static str,
    /// How many steps it needs.
    pub steps: u8,
    /// What the steps are for, in order.
    pub needs: &'static [&'static str],
}

const ACCESS: &str = "Access control";
const ADAPTIVE: &str = "Adaptive second factor";
const FIRST: &[&str] = &["who it is"];
const FACTOR: &[&str] = &["who it is", "second factor"];
const PASSKEY: &[&str] = &["who it is", "passkey"];

macro_rules! template {
    ($id:literal, $group:expr, $title:literal, $needs:expr, $summary:literal) => {
        Template {
            id: $id,
            group: $group,
            title: $title,
            summary: $summary,
            source: include_str!(concat!("templates/", $id, ".js")),
            steps: if $needs.len() == 1 { 1 } else { 2 },
            needs: $needs,
        }
    };
}

static TEMPLATES: [Template; 12] = [
    template!(
        "sign_in_option",
        ADAPTIVE,
        "Sign-in option",
        FACTOR,
        "People with a local account prove a second factor; those who come through a connection do not."
    ),
    template!("group", ADAPTIVE, "Group", FACTOR, "Members of certain groups prove a second factor."),
    template!("role", ADAPTIVE, "Role", FACTOR, "People with certain roles prove a second factor."),
    template!("ip_range", ADAPTIVE, "IP range", FACTOR, "Outside certain networks a second factor is asked for."),
    template!(
        "new_device",
        ADAPTIVE,
        "New device",
        FACTOR,
        "A browser that is not known yet is asked for a second factor."
    ),
    template!(
        "login_attempts",
        ADAPTIVE,
        "Failed attempts",
        FACTOR,
        "After a failed first step a second factor is asked for."
    ),
    template!(
        "acr",
        ADAPTIVE,
        "Requested assurance",
        FACTOR,
        "The application's acr_values decide about the second factor."
    ),
    template!(
        "concurrent_sessions",
        ADAPTIVE,
        "Concurrent sessions",
        FACTOR,
        "Whoever is signed in in many places proves a second factor."
    ),
    template!(
        "outside_risk",
        ADAPTIVE,
        "Risk service",
        FACTOR,
        "A service of your own decides about the second factor."
    ),
    template!(
        "passkey_enrolment",
        ADAPTIVE,
        "Passkey enrolment",
        PASSKEY,
        "Everybody proves a passkey; whoever has none sets one up on the way."
    ),
    template!("user_age", ACCESS, "Age", FIRST, "People below a certain age are refused."),
    template!("email_domain", ACCESS, "Email domain", FIRST, "Only addresses on certain domains are let in."),
];

/// All of them, in the order of the menu.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}
