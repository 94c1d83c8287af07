//! Our own JSON Web Signatures: compact serialisation, written and read back (RFC 7515, RFC 8725).
//!
//! Reading is for tokens that Usher itself signed. The key is found by `kid` in our own ring, the algorithm is that of the
//! key; whatever else a header says about keys (`jku`, `jwk`, `x5u`) is never looked at. Claims are judged by
//! [`crate::tokens`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use usher_domain::Claims;

use crate::keys::{KeyError, KeyRing, SigningKey};

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// The header and payload of a token whose signature is one of ours.
pub(crate) struct Verified {
    pub(crate) typ: String,
    pub(crate) claims: Claims,
}

/// Signs claims.
pub(crate) fn sign(key: &SigningKey, typ: &str, claims: &Claims) -> Result<String, KeyError> {
    let header = json!({ "alg": key.algorithm().as_str(), "typ": typ, "kid": key.id().as_str() });
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    let payload = serde_json::to_vec(claims).map_err(|_| KeyError::Sign(key.id().clone()))?;
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// Reads a token back; `None` for whatever is not, byte for byte, a token that a key of the ring has signed.
pub(crate) fn verify(ring: &KeyRing, token: &str) -> Option<Verified> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.').filter(|(_, payload)| !payload.contains('.'))?;
    let header = object(header)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    // Unencoded payloads and extensions are not spoken (RFC 7515 section 4.1.11).
    if header.contains_key("crit") || header.contains_key("b64") {
        return None;
    }
    let key = ring.find(text("kid")?)?;
    if text("alg")? != key.algorithm().as_str() {
        return None;
    }
    if !key.has_signed(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?) {
        return None;
    }
    Some(Verified { typ: text("typ").unwrap_or_default().to_ascii_lowercase(), claims: object(payload)? })
}

fn object(part: &str) -> Option<Claims> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use usher_domain::SigningAlgorithm;

    use super::*;
    use crate::fixture;

    fn claims() -> Claims {
        Claims::from_iter([("sub".to_owned(), Value::from("ann"))])
    }

    /// A token with another header over the same payload, signed by our key.
    fn with_header(header: &Value) -> String {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims()).unwrap());
        let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let signature = fixture::key("rsa", SigningAlgorithm::Rs256).sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn tokens_are_read_back() {
        let ring = fixture::ring();
        for alg in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            let token = sign(ring.signer(alg).unwrap(), "JWT", &claims()).unwrap();
            let verified = verify(&ring, &token).unwrap();
            assert_eq!((verified.typ.as_str(), verified.claims), ("jwt", claims()));
        }
        assert!(
            verify(&ring, &with_header(&json!({"alg": "RS256", "kid": "rsa", "jku": "https://mallory.test"})))
                .is_some()
        );
    }

    #[test]
    fn headers_that_lie_are_refused() {
        let ring = fixture::ring();
        for header in [
            json!({"alg": "none", "kid": "rsa"}),
            json!({"alg": "None", "kid": "rsa"}),
            json!({"alg": "HS256", "kid": "rsa"}),
            json!({"alg": "RS512", "kid": "rsa"}),
            json!({"alg": "PS256", "kid": "rsa"}),
            json!({"alg": "ES256", "kid": "ec"}),
            json!({"alg": "RS256", "kid": "ec"}),
            json!({"alg": "RS256", "kid": "unknown"}),
            json!({"alg": "RS256", "kid": "../../dev/null"}),
            json!({"alg": "RS256", "kid": 7}),
            json!({"alg": "RS256"}),
            json!({"kid": "rsa"}),
            json!({"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": false}),
            json!({"alg": "RS256", "kid": "rsa", "b64": false}),
            json!([]),
        ] {
            assert!(verify(&ring, &with_header(&header)).is_none(), "{header}");
        }
    }

    #[test]
    fn texts_that_are_no_token_of_ours_are_refused() {
        let ring = fixture::ring();
        let good = sign(ring.signer(SigningAlgorithm::Rs256).unwrap(), "JWT", &claims()).unwrap();
        let foreign = sign(fixture::foreign_ring().signer(SigningAlgorithm::Rs256).unwrap(), "JWT", &claims()).unwrap();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        let other = URL_SAFE_NO_PAD.encode(r#"{"sub":"mallory"}"#);
        for token in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
            format!("{signed}."),
            signed.to_owned(),
            format!("{good}."),
            format!("{good}.{good}"),
            format!("{good}="),
            format!(" {good}"),
            format!("{header}.{other}.{signature}"),
            format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode("x")),
            foreign,
            "a".repeat(64 * 1024),
        ] {
            assert!(verify(&ring, &token).is_none(), "{token}");
        }
    }
}
