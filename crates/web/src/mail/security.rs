//! Letters about how an account is protected: every change of it is told to its owner, with what to do if it was not
//! theirs.

use usher_domain::{Authenticator, MailContent};

use super::{Key, Parts};
use crate::i18n::Texts;
use crate::pages::Link;

pub(super) fn parts(texts: Texts, content: &MailContent) -> Parts {
    match content {
        MailContent::SignInCode { code, application, minutes } => Parts {
            subject: texts.t("mail-sign-in-code-subject"),
            paragraphs: vec![texts.t1("mail-sign-in-code-text", "application", application)],
            key: Key::Code(code.clone()),
            after: vec![
                texts.count("mail-sign-in-code-life", "minutes", u64::from(*minutes)),
                texts.t("mail-sign-in-code-warning"),
            ],
        },
        MailContent::PasswordReset { link, username, minutes } => Parts {
            subject: texts.t("mail-reset-subject"),
            paragraphs: vec![texts.t1("mail-reset-text", "username", username)],
            key: Key::Link(Link { text: texts.t("mail-reset-link"), href: link.clone() }),
            after: vec![texts.count("mail-reset-life", "minutes", u64::from(*minutes)), texts.t("mail-reset-warning")],
        },
        MailContent::EmailChangeCode { code, minutes } => Parts {
            subject: texts.t("mail-email-code-subject"),
            paragraphs: vec![texts.t("mail-email-code-text")],
            key: Key::Code(code.clone()),
            after: vec![
                texts.count("mail-email-code-life", "minutes", u64::from(*minutes)),
                texts.t("mail-email-code-warning"),
            ],
        },
        MailContent::EmailChanged { address } => {
            with(notice(texts, "email-changed"), texts.t1("mail-email-changed-address", "address", address))
        }
        MailContent::AccountSecured => notice(texts, "account-secured"),
        MailContent::FactorAdded { factor, name } => factor_notice(texts, "added", *factor, name),
        MailContent::FactorRemoved { factor, name } => factor_notice(texts, "removed", *factor, name),
        MailContent::PasswordChanged => notice(texts, "password-changed"),
        MailContent::RecoveryCodesMade => notice(texts, "recovery-made"),
        MailContent::RecoveryCodeUsed { left } => {
            with(notice(texts, "recovery-used"), texts.count("mail-recovery-used-left", "left", u64::from(*left)))
        }
        MailContent::FactorsReset => notice(texts, "factors-reset"),
        MailContent::BypassIssued { minutes } => {
            with(notice(texts, "bypass"), texts.count("mail-bypass-life", "minutes", u64::from(*minutes)))
        }
        MailContent::BypassUsed => notice(texts, "bypass-used"),
        MailContent::FactorsLocked { minutes } => with(
            notice(texts, "factors-locked"),
            texts.count("mail-factors-locked-life", "minutes", u64::from(*minutes)),
        ),
        MailContent::AccountLinked { .. }
        | MailContent::AccountUnlinked { .. }
        | MailContent::OwnershipCode { .. }
        | MailContent::Invitation { .. }
        | MailContent::ByScript { .. }
        | MailContent::Test => super::parts(texts, content),
    }
}

fn factor_notice(texts: Texts, what: &str, factor: Authenticator, name: &str) -> Parts {
    let factor = texts.t(&format!("mail-factor-{}", factor.as_str().replace('_', "-")));
    let parts = notice(texts, &format!("factor-{what}"));
    with(parts, texts.t2("mail-factor-which", ("factor", &factor), ("name", name)))
}

fn notice(texts: Texts, what: &str) -> Parts {
    Parts {
        subject: texts.t(&format!("mail-{what}-subject")),
        paragraphs: vec![texts.t(&format!("mail-{what}-text"))],
        key: Key::None,
        after: vec![texts.t("mail-not-you")],
    }
}

fn with(mut parts: Parts, paragraph: String) -> Parts {
    parts.paragraphs.push(paragraph);
    parts
}
