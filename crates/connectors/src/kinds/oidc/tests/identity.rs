//! OIDC-18, OIDC-25, OIDC-26: whose claims win, and what counts as a verified address.

use serde_json::{Value, json};
use usher_domain::{Claims, ConnectionId, ExternalIdentity};
use usher_oidc_rp::VerifiedIdToken;

use crate::EmailVerifiedReading;
use crate::kinds::oidc::claims::{identity, merge};

fn object(value: Value) -> Claims {
    let Value::Object(object) = value else { panic!("an object") };
    object
}

fn read(id_token: Value, userinfo: Option<Value>, reading: EmailVerifiedReading) -> ExternalIdentity {
    let verified = VerifiedIdToken { subject: "alice".into(), auth_time: None, claims: object(id_token) };
    let userinfo = userinfo.map(object);
    identity(&ConnectionId::parse("acme").unwrap(), "https://i.test", &verified, userinfo.as_ref(), reading)
}

#[test]
fn the_id_token_wins_and_claims_about_the_token_end_here() {
    let merged = merge(
        &object(json!({ "sub": "alice", "iss": "x", "aud": "y", "exp": 1, "nonce": "n", "name": "A", "sid": "s" })),
        Some(&object(json!({ "sub": "alice", "name": "B", "given_name": "C", "aud": "z", "iss": "w" }))),
    );
    assert_eq!(merged, object(json!({ "sub": "alice", "name": "A", "given_name": "C", "sid": "s" })));
}

#[test]
fn oidc_18_one_source_does_not_verify_the_address_of_the_other() {
    for (id_token, userinfo, verified) in [
        (json!({ "email": "a@x.test", "email_verified": true }), json!({}), true),
        (json!({ "email": "a@x.test" }), json!({ "email_verified": true }), false),
        (json!({ "email": "a@x.test" }), json!({ "email": "b@x.test", "email_verified": true }), false),
        (json!({ "email": "a@x.test" }), json!({ "email": "a@x.test", "email_verified": true }), true),
        (
            json!({ "email": "a@x.test", "email_verified": false }),
            json!({ "email": "a@x.test", "email_verified": true }),
            false,
        ),
        (json!({ "email_verified": true }), json!({ "email": "b@x.test" }), false),
        (json!({ "email_verified": true }), json!({ "email": "b@x.test", "email_verified": false }), false),
        (json!({}), json!({ "email": "b@x.test", "email_verified": true }), true),
        (json!({}), json!({ "email_verified": true }), false),
    ] {
        let read = read(id_token.clone(), Some(userinfo.clone()), EmailVerifiedReading::JsonTrue);
        assert_eq!(read.email_verified, verified, "{id_token} {userinfo}");
    }
}

#[test]
fn oidc_25_and_26_only_json_true_verifies() {
    let with = |value: &Value, reading| {
        read(json!({ "email": "a@x.test", "email_verified": value }), None, reading).email_verified
    };
    assert!(with(&json!(true), EmailVerifiedReading::JsonTrue));
    for bad in [
        json!("true"),
        json!("false"),
        json!(1),
        json!(0),
        json!(null),
        json!([true]),
        json!({}),
        json!(false),
        json!("TRUE"),
    ] {
        assert!(!with(&bad, EmailVerifiedReading::JsonTrue), "{bad}");
        assert_eq!(with(&bad, EmailVerifiedReading::StringBooleans), bad == json!("true"), "{bad}");
    }
    let entra = json!({ "tid": "mallory", "oid": "m", "email": "alice@corp.test", "xms_edov": true });
    assert!(!read(entra, None, EmailVerifiedReading::JsonTrue).email_verified);
    for odd in [json!(["a@x.test"]), json!({}), json!(""), json!(7)] {
        let odd = json!({ "email": odd, "email_verified": true });
        assert!(!read(odd.clone(), None, EmailVerifiedReading::JsonTrue).email_verified, "{odd}");
    }
}

#[test]
fn oidc_33_acr_and_amr_count_from_the_id_token_only() {
    let both = read(
        json!({ "acr": "low", "amr": ["pwd", 7] }),
        Some(json!({ "acr": "high", "amr": ["mfa"] })),
        EmailVerifiedReading::JsonTrue,
    );
    assert_eq!((both.acr.as_deref(), both.amr), (Some("low"), vec!["pwd".to_owned()]));
    let userinfo_only = read(json!({}), Some(json!({ "acr": "high", "amr": ["mfa"] })), EmailVerifiedReading::JsonTrue);
    assert_eq!((userinfo_only.acr, userinfo_only.amr.len()), (None, 0));
    let odd = read(json!({ "acr": 1, "amr": "mfa" }), None, EmailVerifiedReading::JsonTrue);
    assert_eq!((odd.acr, odd.amr.len()), (None, 0));
}
