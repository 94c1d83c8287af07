//! OIDC-07 to OIDC-19: the ID token.

use serde_json::{Value, json};

use super::kit::*;
use crate::{
    AuthTimeRule, CallbackRules, Checks, Code, IdTokenAlgorithm, IdTokenRules, IssuerParameter, ProviderKeySet,
    VerifiedIdToken, read_callback, verify_id_token,
};

fn code() -> Code {
    let parameters = [("code", "c1"), ("state", "s1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let rules = CallbackRules { state: "s1", issuer: ISSUER, issuer_parameter: IssuerParameter::Optional };
    read_callback(&parameters, rules, &mut Checks::new()).unwrap()
}

struct Case {
    algorithms: Vec<IdTokenAlgorithm>,
    auth_time: AuthTimeRule,
    keys: ProviderKeySet,
}

impl Default for Case {
    fn default() -> Self {
        Self { algorithms: vec![IdTokenAlgorithm::Rs256], auth_time: AuthTimeRule::Any, keys: keys() }
    }
}

impl Case {
    fn check(&self, id_token: &str) -> Result<VerifiedIdToken, &'static str> {
        let code = code();
        let rules = IdTokenRules {
            issuer: ISSUER,
            client_id: CLIENT,
            algorithms: &self.algorithms,
            nonce: "n1",
            state: "s1",
            code: &code,
            auth_time: self.auth_time,
        };
        let mut checks = Checks::new();
        let outcome = verify_id_token(&tokens(id_token.to_owned()), &self.keys, &rules, now(), &mut checks);
        failing(outcome, &checks)
    }
}

fn check(id_token: &str) -> Result<VerifiedIdToken, &'static str> {
    Case::default().check(id_token)
}

/// The honest token with one claim replaced (null removes it).
fn with_claim(name: &str, value: Value) -> String {
    let mut claims = honest_claims();
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    token(&honest_header(), &claims)
}

fn with_header(name: &str, value: Value) -> String {
    let mut header = honest_header();
    header[name] = value;
    token(&header, &honest_claims())
}

/// Every row must fail at `expected`.
fn all_fail(expected: &str, tokens: impl IntoIterator<Item = String>) {
    assert!(check(&token(&honest_header(), &honest_claims())).is_ok(), "the positive twin");
    for (row, id_token) in tokens.into_iter().enumerate() {
        assert_eq!(check(&id_token).map(|_| ()), Err(expected), "row {row}: {}", &id_token[..id_token.len().min(80)]);
    }
}

#[test]
fn the_honest_token_passes_with_every_pinned_algorithm() {
    let rows: [(&str, &str, &Key, bool); 5] = [
        ("RS256", "rsa", &RSA, false),
        ("PS256", "rsa", &RSA, true),
        ("ES256", "p256", &P256, false),
        ("ES384", "p384", &P384, false),
        ("EdDSA", "ed", &ED, false),
    ];
    for (alg, kid, key, pss) in rows {
        let case = Case { algorithms: vec![IdTokenAlgorithm::parse(alg).unwrap()], ..Case::default() };
        let header = json!({ "alg": alg, "kid": kid });
        let read = case.check(&seal(&header.to_string(), &honest_claims().to_string(), key, pss)).expect(alg);
        assert_eq!((read.subject.as_str(), &read.claims["email"]), ("alice", &json!("alice@corp.test")));
    }
}

#[test]
fn every_check_is_recorded() {
    let mut checks = Checks::new();
    let code = code();
    let rules = IdTokenRules {
        issuer: ISSUER,
        client_id: CLIENT,
        algorithms: &[IdTokenAlgorithm::Rs256],
        nonce: "n1",
        state: "s1",
        code: &code,
        auth_time: AuthTimeRule::Any,
    };
    verify_id_token(&tokens(token(&honest_header(), &honest_claims())), &keys(), &rules, now(), &mut checks).unwrap();
    let names: Vec<_> = checks.made().iter().map(|check| check.name).collect();
    let expected = [
        "structure",
        "algorithm",
        "type",
        "extensions",
        "key",
        "signature",
        "claims",
        "issuer",
        "audience",
        "authorized_party",
        "expiry",
        "issued_at",
        "not_before",
        "nonce",
        "auth_time",
        "subject",
    ];
    assert_eq!(names, expected);
}

#[test]
fn oidc_07_nonce() {
    all_fail(
        "nonce",
        [json!(null), json!("n2"), json!(""), json!(["n1"]), json!("N1"), json!("n1 "), json!(1), json!({ "n1": 1 })]
            .map(|nonce| with_claim("nonce", nonce)),
    );
}

#[test]
fn oidc_09_alg_none() {
    let unsigned =
        |alg: &str| format!("{}.{}.", b64(json!({ "alg": alg }).to_string()), b64(honest_claims().to_string()));
    all_fail("structure", ["none", "None", "nOnE"].map(unsigned));
    all_fail("structure", ["none", "None"].map(|alg| unsigned(alg).trim_end_matches('.').to_owned()));
    all_fail("algorithm", ["none", "None", "nOnE", "", " none"].map(|alg| with_header("alg", alg.into())));
    all_fail("algorithm", [json!(null), json!(1), json!(["RS256"])].map(|alg| with_header("alg", alg)));
    let honest = token(&honest_header(), &honest_claims());
    let (message, _) = honest.rsplit_once('.').unwrap();
    all_fail("structure", [format!("{message}.")]);
    all_fail("signature", [format!("{message}.AAAA"), format!("{message}.{}", b64([0; 256]))]);
}

#[test]
fn oidc_10_algorithm_confusion() {
    use aws_lc_rs::hmac;
    let hmac_token = |secret: &[u8]| {
        let message = format!(
            "{}.{}",
            b64(json!({ "alg": "HS256", "kid": "rsa" }).to_string()),
            b64(honest_claims().to_string())
        );
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        format!("{message}.{}", b64(tag))
    };
    let jwk = RSA.jwk("rsa").to_string();
    all_fail("algorithm", [jwk.as_bytes(), RSA.pem().as_bytes(), b"our client secret", b""].map(hmac_token));
    // A symmetric key in the set does not help: it never enters.
    let with_oct = key_set(&[RSA.jwk("rsa"), json!({ "kty": "oct", "kid": "oct", "k": b64("guess") })]);
    assert_eq!(with_oct.len(), 1);
    // ES256 with an RSA key id, RSA with an EC key id, PSS where PKCS#1 is pinned and the reverse.
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "kid": kid }).to_string();
    let claims = honest_claims().to_string();
    let both = Case { algorithms: vec![IdTokenAlgorithm::Rs256, IdTokenAlgorithm::Es256], ..Case::default() };
    assert!(both.check(&seal(&header("ES256", "p256"), &claims, &P256, false)).is_ok());
    for (alg, kid, key) in [("ES256", "rsa", &*P256), ("RS256", "p256", &*RSA)] {
        assert_eq!(both.check(&seal(&header(alg, kid), &claims, key, false)).map(|_| ()), Err("key"), "{alg}");
    }
    assert_eq!(both.check(&seal(&header("ES256", "p256"), &claims, &P384, false)).map(|_| ()), Err("signature"));
    assert_eq!(check(&seal(&header("PS256", "rsa"), &claims, &RSA, true)).map(|_| ()), Err("algorithm"));
    assert_eq!(check(&seal(&header("RS256", "rsa"), &claims, &RSA, true)).map(|_| ()), Err("signature"));
    assert_eq!(check(&seal(&header("RS512", "rsa"), &claims, &RSA, false)).map(|_| ()), Err("algorithm"));
    // A key that the provider keeps for another algorithm.
    let mut key = RSA.jwk("rsa");
    key["alg"] = "PS256".into();
    let reserved = Case { keys: key_set(&[key]), ..Case::default() };
    assert_eq!(reserved.check(&seal(&header("RS256", "rsa"), &claims, &RSA, false)).map(|_| ()), Err("signature"));
}

#[test]
fn oidc_11_kid_abuse() {
    let long = "k".repeat(100_000);
    all_fail(
        "key",
        [
            json!("../../dev/null"),
            json!("' UNION SELECT"),
            json!(long),
            json!("rsa\u{0}"),
            json!("unknown"),
            json!(""),
            json!(7),
            json!(["rsa"]),
        ]
        .map(|kid| with_header("kid", kid)),
    );
}

#[test]
fn a_token_without_kid_is_tried_with_every_key_that_fits() {
    let header = json!({ "alg": "RS256" });
    let two = Case { keys: key_set(&[MALLORY.jwk("a"), RSA.jwk("b")]), ..Case::default() };
    assert!(two.check(&token(&header, &honest_claims())).is_ok());
    let other = Case { keys: key_set(&[MALLORY.jwk("a")]), ..Case::default() };
    assert_eq!(other.check(&token(&header, &honest_claims())).map(|_| ()), Err("key"), "asks for fresh keys");
}

#[test]
fn oidc_12_header_keys() {
    let by_mallory = |name: &str, value: Value| {
        let mut header = honest_header();
        header[name] = value;
        seal(&header.to_string(), &honest_claims().to_string(), &MALLORY, false)
    };
    let rows = || {
        [
            ("jku", json!("https://mallory.test/jwks")),
            ("x5u", json!("https://mallory.test/x5u")),
            ("jwk", MALLORY.jwk("rsa")),
            ("x5c", json!(["MIIB"])),
        ]
    };
    all_fail("signature", rows().map(|(name, value)| by_mallory(name, value)));
    for (name, value) in rows() {
        assert!(check(&with_header(name, value)).is_ok(), "{name} is ignored");
    }
}

#[test]
fn oidc_13_token_type() {
    for good in ["JWT", "jwt", "application/jwt"] {
        assert!(check(&with_header("typ", good.into())).is_ok(), "{good}");
    }
    all_fail(
        "type",
        [
            json!("logout+jwt"),
            json!("at+jwt"),
            json!("secevent+jwt"),
            json!("JOSE+JSON"),
            json!(""),
            json!(1),
            json!(null),
        ]
        .map(|typ| with_header("typ", typ)),
    );
    all_fail(
        "extensions",
        [
            ("crit", json!(["x"])),
            ("crit", json!([])),
            ("crit", json!(["b64"])),
            ("b64", json!(false)),
            ("b64", json!(true)),
            ("cty", json!("JWT")),
            ("enc", json!("A256GCM")),
            ("zip", json!("DEF")),
        ]
        .map(|(name, value)| with_header(name, value)),
    );
    let honest = token(&honest_header(), &honest_claims());
    let parts: Vec<_> = honest.split('.').collect();
    let flat = json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string();
    all_fail(
        "structure",
        [
            flat,
            String::new(),
            ".".into(),
            "..".into(),
            "a.b.c".into(),
            format!("{honest}.x"),
            format!("{honest}.x.y"),
            format!("{honest}="),
            format!(" {honest}"),
            honest.replace('.', ".."),
            format!("{}.{}.{}", b64("{\"alg\":\"RS256\",\"alg\":\"RS256\"}"), parts[1], parts[2]),
        ],
    );
    let nested = seal(&honest_header().to_string(), &honest, &RSA, false);
    all_fail("claims", [nested]);
}

#[test]
fn oidc_14_issuer_compare() {
    all_fail(
        "issuer",
        [
            json!("https://i.test/"),
            json!("https://I.test"),
            json!("HTTPS://i.test"),
            json!("http://i.test"),
            json!("https://i.test.mallory.test"),
            json!("https://i.test:443"),
            json!("https://i.test/{tenantid}"),
            json!(null),
            json!([ISSUER]),
            json!(""),
        ]
        .map(|issuer| with_claim("iss", issuer)),
    );
}

#[test]
fn oidc_15_aud_and_azp() {
    assert!(check(&with_claim("aud", json!([CLIENT]))).is_ok());
    assert!(check(&with_claim("azp", json!(CLIENT))).is_ok());
    all_fail(
        "audience",
        [
            json!("other"),
            json!([CLIENT, "other"]),
            json!(["other", CLIENT]),
            json!([CLIENT, CLIENT]),
            json!([]),
            json!(null),
            json!("Usher"),
            json!("usher "),
            json!([[CLIENT]]),
            json!({ "usher": 1 }),
            json!(1),
        ]
        .map(|audience| with_claim("aud", audience)),
    );
    all_fail(
        "authorized_party",
        [json!("other"), json!(""), json!([CLIENT]), json!(1)].map(|azp| with_claim("azp", azp)),
    );
    let mut both = honest_claims();
    both["aud"] = json!([CLIENT, "other"]);
    both["azp"] = json!(CLIENT);
    all_fail("audience", [token(&honest_header(), &both)]);
}

#[test]
fn oidc_16_time_claims() {
    let at = now().timestamp();
    for (name, value) in [
        ("exp", json!(at - 59)),
        ("iat", json!(at + 60)),
        ("nbf", json!(at + 60)),
        ("nbf", json!(at - 10)),
        ("auth_time", json!(at)),
        ("exp", json!(f64::from(1_800_000_000_u32) + 0.5)),
    ] {
        assert!(check(&with_claim(name, value.clone())).is_ok(), "{name} {value}");
    }
    all_fail(
        "expiry",
        [
            json!(at - 60),
            json!(at - 3600),
            json!(null),
            json!("string"),
            json!(at.to_string()),
            json!(-1),
            json!(0),
            json!(1e300),
            json!(true),
            json!([at]),
        ]
        .map(|exp| with_claim("exp", exp)),
    );
    all_fail(
        "issued_at",
        [json!(at + 61), json!(at + 3600), json!(null), json!("x"), json!(-1), json!(1e300)]
            .map(|iat| with_claim("iat", iat)),
    );
    all_fail("not_before", [json!(at + 61), json!("x"), json!(-5)].map(|nbf| with_claim("nbf", nbf)));
    all_fail("auth_time", [json!(at + 61), json!("x"), json!([]), json!(-1)].map(|time| with_claim("auth_time", time)));
    let huge = honest_claims().to_string().replace(&(at + 300).to_string(), "1e400");
    all_fail("claims", [seal(&honest_header().to_string(), &huge, &RSA, false)]);
}

#[test]
fn oidc_16_auth_time_when_asked() {
    let at = now().timestamp();
    let with = |auth_time: AuthTimeRule| Case { auth_time, ..Case::default() };
    let asked = with(AuthTimeRule::PresentAndNotBefore(now()));
    let forced = with(AuthTimeRule::NotBefore(now()));
    for case in [&asked, &forced] {
        assert!(case.check(&with_claim("auth_time", json!(at))).is_ok());
        assert!(case.check(&with_claim("auth_time", json!(at - 60))).is_ok(), "within the skew");
        assert_eq!(case.check(&with_claim("auth_time", json!(at - 61))).map(|_| ()), Err("auth_time"));
    }
    assert_eq!(asked.check(&with_claim("auth_time", json!(null))).map(|_| ()), Err("auth_time"));
    assert!(forced.check(&with_claim("auth_time", json!(null))).is_ok(), "not every provider tells the time");
}

#[test]
fn oidc_17_sub() {
    for good in ["A", &"a".repeat(255), "auth0|5f", "a b", "CN=ann,O=corp"] {
        assert_eq!(check(&with_claim("sub", good.into())).map(|read| read.subject), Ok(good.to_owned()));
    }
    all_fail(
        "subject",
        [
            json!(null),
            json!(""),
            json!(7),
            json!("a".repeat(256)),
            json!(" alice"),
            json!("alice "),
            json!("alice\n"),
            json!("ali\u{0}ce"),
            json!("al\u{131}ce"),
            json!(["alice"]),
            json!({ "alice": 1 }),
            json!(true),
        ]
        .map(|sub| with_claim("sub", sub)),
    );
    let mut claims = honest_claims();
    claims["sub"] = Value::Null;
    all_fail("subject", [token(&honest_header(), &claims)]);
}

#[test]
fn oidc_19_hashes() {
    use aws_lc_rs::digest;
    let half = |text: &str| {
        let whole = digest::digest(&digest::SHA256, text.as_bytes());
        b64(&whole.as_ref()[..16])
    };
    for (name, covered) in [("at_hash", ACCESS_TOKEN), ("c_hash", "c1"), ("s_hash", "s1")] {
        assert!(check(&with_claim(name, half(covered).into())).is_ok(), "{name}");
        let whole = b64(digest::digest(&digest::SHA256, covered.as_bytes()));
        all_fail(
            name,
            [json!(half("other")), json!(whole), json!(""), json!(1), json!([half(covered)])]
                .map(|hash| with_claim(name, hash)),
        );
    }
}

#[test]
fn oidc_28_claim_shapes() {
    for (name, value) in [
        ("email", json!(["a@b.test"])),
        ("email", json!({ "a": 1 })),
        ("groups", json!("a,b")),
        ("groups", json!({ "a": true })),
        ("__proto__", json!({ "admin": true })),
        ("a.b[0]", json!(1)),
        ("email_verified", json!("true")),
    ] {
        let read = check(&with_claim(name, value.clone())).expect("odd claims are for the mapping to judge");
        assert_eq!(read.claims[name], value);
    }
    let groups: Vec<String> = (0..100_000).map(|number| format!("g{number}")).collect();
    all_fail("claims", [with_claim("groups", groups.into())]);
    let deep = honest_claims().to_string().replacen(
        '{',
        &format!("{{\"x\":{}1{},", "[".repeat(10_000), "]".repeat(10_000)),
        1,
    );
    let doubled = honest_claims().to_string().replacen('{', "{\"sub\":\"mallory\",", 1);
    all_fail(
        "claims",
        [deep, doubled, "null".into(), "[]".into(), "7".into()]
            .map(|payload| seal(&honest_header().to_string(), &payload, &RSA, false)),
    );
}

#[test]
fn another_key_under_the_right_name_is_refused() {
    all_fail("signature", [seal(&honest_header().to_string(), &honest_claims().to_string(), &MALLORY, false)]);
    let honest = token(&honest_header(), &honest_claims());
    let (head, rest) = honest.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let mut claims = honest_claims();
    claims["sub"] = json!("mallory");
    all_fail("signature", [format!("{head}.{}.{signature}", b64(claims.to_string()))]);
}
