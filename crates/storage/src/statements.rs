//! Statements by name, so that none can be missing where all are tried on both databases.

/// A statement with its name in the code.
#[cfg(test)]
pub(crate) type Named = (&'static str, &'static str);

/// Declares the statements of a module as constants, and `ALL` of them for the test that prepares each one.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* const $name: &str = $text;)*
        #[cfg(test)]
        pub(crate) const ALL: &[$crate::statements::Named] = &[$((stringify!($name), $text)),*];
    };
}
pub(crate) use statements;

/// Every statement on durable tables, by module.
#[cfg(test)]
pub(crate) const DURABLE: &[(&str, &[Named])] = &[
    ("key_check", crate::key_check::ALL),
    ("config", crate::config::ALL),
    ("settings", crate::settings::ALL),
    ("connections", crate::connections::ALL),
    ("applications", crate::applications::ALL),
    ("signing_keys", crate::signing_keys::ALL),
    ("users", crate::users::ALL),
    ("unique_values", crate::unique_values::ALL),
    ("credentials", crate::credentials::ALL),
    ("roles", crate::roles::ALL),
    ("links", crate::links::ALL),
    ("sessions", crate::sessions::ALL),
    ("grants", crate::grants::ALL),
    ("refresh_tokens", crate::refresh_tokens::ALL),
    ("attempts", crate::attempts::ALL),
    ("setup_tokens", crate::setup_tokens::ALL),
    ("audit", crate::audit::ALL),
    ("traces", crate::traces::ALL),
    ("groups", crate::groups::ALL),
    ("memberships", crate::memberships::ALL),
    ("attribute_definitions", crate::attribute_definitions::ALL),
    ("user_emails", crate::user_emails::ALL),
    ("decisions", crate::decisions::ALL),
    ("recordings", crate::recordings::ALL),
    ("outbox", crate::outbox::ALL),
    ("own_sign_ins", crate::own_sign_ins::ALL),
    ("flow_versions", crate::flow_versions::ALL),
    ("flow_drafts", crate::flow_versions::DRAFTS),
    ("flow_recordings", crate::flow_recordings::ALL),
    ("script_secrets", crate::script_secrets::ALL),
    ("script_libraries", crate::script_libraries::ALL),
    ("totp", crate::totp::ALL),
    ("passkeys", crate::passkeys::ALL),
    ("recovery_codes", crate::recovery_codes::ALL),
    ("bypass_codes", crate::bypass_codes::ALL),
    ("trusted_devices", crate::trusted_devices::ALL),
    ("factors", crate::factors::ALL),
    ("purge", crate::purge::durable::ALL),
];

/// Every statement on ephemeral tables, by module.
#[cfg(test)]
pub(crate) const EPHEMERAL: &[(&str, &[Named])] = &[
    ("flows", crate::flows::ALL),
    ("pending", crate::pending::ALL),
    ("account_steps", crate::account_steps::ALL),
    ("purge", crate::purge::ephemeral::ALL),
];
