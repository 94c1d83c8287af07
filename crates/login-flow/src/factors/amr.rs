//! What applications are told about how a person signed in: `amr` by RFC 8176.
//!
//! Only what was seen here is claimed. What a provider claimed about its own sign-in stays with the provider (MFA-13); a
//! mapping that trusts it adds its own values before it comes here.

use usher_domain::Authenticator;

/// The values of one method.
///
/// - Password: `pwd`.
/// - Authenticator app: `otp`, which RFC 8176 defines by RFC 4226 and RFC 6238.
/// - Mailed code and recovery code: `otp` too. Both are passwords that work once; RFC 8176 names SMS and telephone but no
///   mail, and `mca` (several channels) would say more than a mailbox open in the same browser proves.
/// - Passkey: `pop` (possession of a key was proved) and `user` (somebody was present). Not `hwk` or `swk`: without
///   attestation nobody knows whether the key lives in hardware. `mfa` stands beside them, since the authenticator itself
///   verified the person by PIN or biometry, which [`super::passkey`] always demands.
pub fn amr(authenticator: Authenticator) -> &'static [&'static str] {
    match authenticator {
        Authenticator::Password => &["pwd"],
        Authenticator::Totp | Authenticator::EmailOtp | Authenticator::RecoveryCode => &["otp"],
        Authenticator::Passkey => &["pop", "user", "mfa"],
    }
}

/// The values of a whole sign-in: those of the first step, those of the factors proved beside it, and `mfa` when there
/// are both, each once and in that order.
///
/// A sign-in by a provider counts as one factor whatever it says about itself; two codes of the same kind add nothing to
/// each other, so a first step of `otp` and a factor of `otp` are not `mfa`.
pub fn combined_amr(first: &[String], factors: &[Authenticator]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut add = |value: &str| {
        if !all.iter().any(|known| known == value) {
            all.push(value.to_owned());
        }
    };
    for value in first {
        add(value);
    }
    for value in factors.iter().flat_map(|factor| amr(*factor)) {
        add(value);
    }
    let another_kind = factors.iter().any(|factor| amr(*factor).iter().any(|value| !first.iter().any(|f| f == value)));
    if another_kind {
        add("mfa");
    }
    all
}

#[cfg(test)]
mod tests {
    use usher_domain::Authenticator;

    use super::combined_amr;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn two_kinds_are_mfa_and_one_kind_is_not() {
        let rows: [(&[&str], &[Authenticator], &[&str]); 6] = [
            (&["pwd"], &[], &["pwd"]),
            (&["pwd"], &[Authenticator::Totp], &["pwd", "otp", "mfa"]),
            (&["pwd"], &[Authenticator::Totp, Authenticator::RecoveryCode], &["pwd", "otp", "mfa"]),
            (&["otp"], &[Authenticator::EmailOtp], &["otp"]),
            (&[], &[Authenticator::Totp], &["otp", "mfa"]),
            (&["pwd"], &[Authenticator::Passkey], &["pwd", "pop", "user", "mfa"]),
        ];
        for (first, factors, expected) in rows {
            assert_eq!(combined_amr(&texts(first), factors), texts(expected), "{first:?} {factors:?}");
        }
    }
}
