//! The `claims` parameter: individual claims that an application asks for (OIDC Core section 5.5).
//!
//! Only its shape is read here. What a person has to give, and what is never given, is decided in [`crate::claims`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most claims in one request.
const MAX_CLAIMS: usize = 100;

/// How much a claim is wanted, and with which value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimDemand {
    /// Whether the application says it cannot do without. It never makes a sign-in fail (OIDC Core section 5.5.1).
    #[serde(default)]
    pub essential: bool,
    /// The one value wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The values wanted, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
}

/// The claims asked for one by one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// From the userinfo endpoint.
    #[serde(default)]
    pub userinfo: BTreeMap<String, ClaimDemand>,
    /// In the ID token.
    #[serde(default)]
    pub id_token: BTreeMap<String, ClaimDemand>,
}

/// Why a `claims` parameter was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("claims is a JSON object with the members userinfo and id_token")]
pub struct InvalidClaimsRequest;

impl ClaimsRequest {
    /// Reads the JSON text of the parameter; members that are not understood are ignored, as the specification says.
    pub fn parse(text: &str) -> Result<Self, InvalidClaimsRequest> {
        let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) else {
            return Err(InvalidClaimsRequest);
        };
        Ok(Self { userinfo: part(members.get("userinfo"))?, id_token: part(members.get("id_token"))? })
    }

    /// The subject that the application insists on (OIDC Core section 5.5.1): anybody else is `login_required`.
    pub fn required_subject(&self) -> Option<&str> {
        [&self.id_token, &self.userinfo].into_iter().find_map(|part| part.get("sub")?.value.as_ref()?.as_str())
    }
}

fn part(value: Option<&Value>) -> Result<BTreeMap<String, ClaimDemand>, InvalidClaimsRequest> {
    let members = match value {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(members)) if members.len() <= MAX_CLAIMS => members,
        Some(_) => return Err(InvalidClaimsRequest),
    };
    members.iter().map(|(name, demand)| Ok((name.clone(), self::demand(demand)?))).collect()
}

fn demand(value: &Value) -> Result<ClaimDemand, InvalidClaimsRequest> {
    match value {
        Value::Null => Ok(ClaimDemand::default()),
        Value::Object(members) => Ok(ClaimDemand {
            essential: members.get("essential").and_then(Value::as_bool).unwrap_or(false),
            value: members.get("value").cloned(),
            values: members.get("values").and_then(Value::as_array).cloned().unwrap_or_default(),
        }),
        _ => Err(InvalidClaimsRequest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_core_5_5_is_understood() {
        let request = ClaimsRequest::parse(
            r#"{"userinfo": {"given_name": {"essential": true}, "nickname": null, "http://example.info/claims/groups": null},
                "id_token": {"auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}},
                "other": 7}"#,
        )
        .unwrap();
        assert_eq!(request.userinfo.len(), 3);
        assert!(request.userinfo["given_name"].essential);
        assert!(!request.userinfo["nickname"].essential);
        assert_eq!(request.id_token["acr"].values, [Value::from("urn:mace:incommon:iap:silver")]);
        assert_eq!(request.required_subject(), None);
        let stored = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
    }

    #[test]
    fn a_subject_can_be_insisted_on() {
        let request = ClaimsRequest::parse(r#"{"id_token": {"sub": {"value": "248289761001"}}}"#).unwrap();
        assert_eq!(request.required_subject(), Some("248289761001"));
    }

    #[test]
    fn other_shapes_are_refused_without_a_panic() {
        let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
        let many = serde_json::json!({"userinfo": (0..101).map(|i| (i.to_string(), Value::Null)).collect::<serde_json::Map<_, _>>()});
        for text in
            ["", "[]", "7", "{", r#"{"userinfo": []}"#, r#"{"id_token": {"sub": "x"}}"#, &deep, &many.to_string()]
        {
            assert_eq!(ClaimsRequest::parse(text), Err(InvalidClaimsRequest), "{text}");
        }
    }
}
