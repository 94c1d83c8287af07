//! RFC 6238 Appendix B (the SHA-1 rows, their last six digits), the window and the replay rule.

use chrono::{DateTime, TimeDelta, Utc};

use super::{InvalidSecret, TotpSecret, Verdict, code, otpauth, qr, verify};

fn rfc_secret() -> TotpSecret {
    TotpSecret::new(*b"12345678901234567890")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

#[test]
fn the_vectors_of_rfc_6238_hold() {
    let rows = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (seconds, expected) in rows {
        assert_eq!(
            verify(&rfc_secret(), expected, at(seconds), None),
            Verdict::Right { step: seconds / 30 },
            "{seconds}"
        );
    }
}

#[test]
fn mfa_05_only_one_step_on_either_side_counts() {
    let now = 1_800_000_000;
    let step = now / 30;
    for (offset, fits) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let typed = code(&rfc_secret(), step + offset).unwrap();
        let expected = if fits { Verdict::Right { step: step + offset } } else { Verdict::Wrong };
        assert_eq!(verify(&rfc_secret(), &typed, at(now), None), expected, "{offset}");
    }
}

#[test]
fn mfa_04_a_used_step_and_every_earlier_one_is_replayed() {
    let now = at(1_800_000_000);
    let step = 60_000_000;
    let typed = code(&rfc_secret(), step).unwrap();
    assert_eq!(verify(&rfc_secret(), &typed, now, Some(step - 1)), Verdict::Right { step });
    assert_eq!(verify(&rfc_secret(), &typed, now, Some(step)), Verdict::Replayed);
    assert_eq!(verify(&rfc_secret(), &typed, now, Some(step + 1)), Verdict::Replayed);
}

#[test]
fn mfa_22_a_clock_that_goes_back_does_not_free_a_used_step() {
    let step = 60_000_000;
    let back = at(1_800_000_000) - TimeDelta::minutes(5);
    let old = code(&rfc_secret(), step - 10).unwrap();
    assert_eq!(verify(&rfc_secret(), &old, back, None), Verdict::Right { step: step - 10 });
    assert_eq!(verify(&rfc_secret(), &old, back, Some(step)), Verdict::Replayed);
}

#[test]
fn spaces_and_hyphens_are_ignored_and_nothing_else_is() {
    let now = at(59);
    for typed in ["287082", " 287 082 ", "287-082"] {
        assert_eq!(verify(&rfc_secret(), typed, now, None), Verdict::Right { step: 1 }, "{typed}");
    }
    for typed in ["", "28708", "2870820", "28708a", "+87082", "٢٨٧٠٨٢", "287082;"] {
        assert_eq!(verify(&rfc_secret(), typed, now, None), Verdict::Wrong, "{typed}");
    }
}

#[test]
fn a_secret_is_text_and_back_and_never_printed() {
    let secret = TotpSecret::new([0xA5; 20]);
    assert_eq!(TotpSecret::parse(secret.base32().expose()), Ok(secret.clone()));
    let text = serde_json::to_string(&secret).unwrap();
    assert_eq!(serde_json::from_str::<TotpSecret>(&text).unwrap(), secret);
    assert_eq!(format!("{secret:?}"), "[secret]");
    assert_eq!(rfc_secret().grouped().expose(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
    assert_eq!(TotpSecret::parse("GEZDGNBV"), Err(InvalidSecret), "too short");
}

#[test]
fn the_address_names_issuer_and_account_and_no_more_colons() {
    let address = otpauth(&rfc_secret(), "Usher: Corp", "ann@corp.test");
    let expected =
        "otpauth://totp/Usher%20Corp:ann%40corp.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Usher%20Corp";
    assert_eq!(address.expose(), expected);
    assert!(otpauth(&rfc_secret(), "", "").expose().contains("secret=GEZD"), "nameless, and still readable");
}

#[test]
fn the_code_is_one_path_with_a_quiet_zone() {
    let drawn = qr(&otpauth(&rfc_secret(), "Usher", "ann")).unwrap();
    assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "the corner mark begins after four white modules");
    assert!(drawn.path.chars().all(|c| "Mhvz -".contains(c) || c.is_ascii_digit()));
    assert_eq!((drawn.side - 8 - 17) % 4, 0, "a size that QR codes have");
}
