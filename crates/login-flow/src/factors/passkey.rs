//! Passkeys: `WebAuthn` Level 3 through `webauthn-rs`, with texts on both sides so that nothing else knows the library.
//!
//! The relying party is one host. Attestation is not asked for; the key is discoverable, so that it can be a first factor
//! without a user name. The authenticator must verify the person (PIN or biometry) each time, also where a passkey is a
//! second factor: `webauthn-rs` registers a passkey that way, and Level 3, 7.2 (18) forbids to accept less later. The state
//! between the two requests stays on the server and is used once; the challenge in it is drawn by the library.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use usher_domain::{FlowId, UserId};
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, RequestChallengeResponse, Url, Uuid,
    Webauthn, WebauthnBuilder, WebauthnError,
};

/// Longest answer of a browser that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Why a passkey was not made or not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The public address has no domain name (an IP address), or is neither https nor on this machine: no passkeys there.
    #[error("passkeys need a public address with a domain name")]
    NoDomain,
    /// The browser's answer, or a text of our own, cannot be read.
    #[error("unreadable {what}")]
    Unreadable {
        /// What it should have been.
        what: &'static str,
    },
    /// The answer does not fit: origin, challenge, signature, user verification, or a key that was not asked for.
    #[error("the passkey's answer was not accepted")]
    Refused(#[source] WebauthnError),
    /// The answer is by a key of another person.
    #[error("the passkey belongs to somebody else")]
    OtherOwner,
    /// The signature counter did not move on: there may be a copy of the key (Level 3, 6.1.1).
    #[error("the passkey may have been copied")]
    ClonedSuspected,
}

/// Who a key is made for, as the key stores it. An opaque id: no name or address in it (Level 3, 14.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserHandle(Uuid);

impl UserHandle {
    /// Of an account.
    pub fn of_user(user: &UserId) -> Self {
        Self::derived("user", user.as_str())
    }

    /// Of a person whose account comes into being at the end of this sign-in.
    pub fn of_flow(flow: &FlowId) -> Self {
        Self::derived("flow", flow.as_str())
    }

    fn derived(kind: &str, id: &str) -> Self {
        let hash = digest(&SHA256, format!("usher passkey {kind}\0{id}").as_bytes());
        let mut bytes = [0_u8; 16];
        bytes.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        Self(Uuid::from_bytes(bytes))
    }
}

/// Whose key is to be made, with the names that the device shows.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The opaque id.
    pub handle: UserHandle,
    /// User name or address.
    pub name: &'a str,
    /// The person's name.
    pub display_name: &'a str,
}

/// A ceremony that began.
#[derive(Debug, Clone)]
pub struct Begun {
    /// JSON for the browser: `{"publicKey": ...}` of `navigator.credentials.create` or `get`, bytes as base64url.
    pub options: String,
    /// What the end needs. Stays on the server, is used once, whatever comes of it.
    pub state: String,
}

/// A key that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// Its id, base64url without padding: unique over all people.
    pub credential_id: String,
    /// Everything that later checks need; sealed at rest.
    pub credential: String,
    /// Whether it is already copied to the person's other devices.
    pub backed_up: bool,
    /// Ways to reach it, as the browser names them.
    pub transports: Vec<String>,
}

/// A proof by a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvedPasskey {
    /// The key's id.
    pub credential_id: String,
    /// What is kept from now on, with the counter moved.
    pub credential: String,
    /// Whether it is copied to the person's other devices.
    pub backed_up: bool,
}

/// What is kept of a key.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u8,
    handle: Uuid,
    counter: u32,
    key: Passkey,
}

/// The relying party: one host, one origin.
#[derive(Debug, Clone)]
pub struct RelyingParty {
    webauthn: Webauthn,
}

impl RelyingParty {
    /// For the public address of the installation; `name` is shown by devices. The relying party id is the host, so keys
    /// stay good when only the path or the port changes.
    pub fn new(public_url: &str, name: &str) -> Result<Self, PasskeyError> {
        let url = Url::parse(public_url).map_err(|_| PasskeyError::NoDomain)?;
        let host = url.domain().ok_or(PasskeyError::NoDomain)?;
        // Browsers treat localhost as a secure context; every other plain address has no WebAuthn at all.
        if url.scheme() != "https" && host != "localhost" {
            return Err(PasskeyError::NoDomain);
        }
        let built = WebauthnBuilder::new(host, &url).and_then(|builder| builder.rp_name(name).build());
        Ok(Self { webauthn: built.map_err(PasskeyError::Refused)? })
    }

    /// Begins to make a key; `exclude` lists the credential ids that the person already has.
    pub fn begin_registration(&self, owner: Owner<'_>, exclude: &[String]) -> Result<Begun, PasskeyError> {
        let exclude = exclude.iter().filter_map(|id| URL_SAFE_NO_PAD.decode(id).ok()).collect();
        let (options, registration) = self
            .webauthn
            .start_passkey_registration(owner.handle.0, owner.name, owner.display_name, Some(exclude))
            .map_err(PasskeyError::Refused)?;
        let state = Registering { handle: owner.handle.0, registration };
        Ok(Begun { options: discoverable(&options)?, state: write(&state)? })
    }

    /// Ends to make a key. The caller checks that the id is free.
    pub fn finish_registration(&self, state: &str, answer: &str) -> Result<NewPasskey, PasskeyError> {
        let state: Registering = read(state, "state")?;
        let answer: RegisterPublicKeyCredential = read_answer(answer)?;
        let key =
            self.webauthn.finish_passkey_registration(&answer, &state.registration).map_err(PasskeyError::Refused)?;
        let seen: Seen = read(&write(&key)?, "key")?;
        let transports = answer.response.transports.iter().flatten().filter_map(text_of).collect();
        Ok(NewPasskey {
            credential_id: URL_SAFE_NO_PAD.encode(key.cred_id()),
            credential: write(&Kept { version: 1, handle: state.handle, counter: seen.cred.counter, key })?,
            backed_up: seen.cred.backup_state,
            transports,
        })
    }

    /// Asks a known person for one of these keys (texts of [`NewPasskey::credential`]).
    pub fn begin_authentication(&self, credentials: &[String]) -> Result<Begun, PasskeyError> {
        let kept = credentials.iter().map(|text| read::<Kept>(text, "key")).collect::<Result<Vec<_>, _>>()?;
        let keys: Vec<Passkey> = kept.into_iter().map(|kept| kept.key).collect();
        let (options, state) = self.webauthn.start_passkey_authentication(&keys).map_err(PasskeyError::Refused)?;
        Ok(Begun { options: write(&options)?, state: write(&Asking::Known(state))? })
    }

    /// Asks whoever is there, without a user name. The options carry `mediation: conditional` for autofill; a button drops it.
    pub fn begin_discoverable(&self) -> Result<Begun, PasskeyError> {
        let (options, state): (RequestChallengeResponse, _) =
            self.webauthn.start_discoverable_authentication().map_err(PasskeyError::Refused)?;
        Ok(Begun { options: write(&options)?, state: write(&Asking::Anybody(state))? })
    }

    /// Ends either. `credential` is what is kept *now* of the key that [`claimed_credential`] names: looked up by its id
    /// and, where the person is known, only among that person's keys.
    pub fn finish_authentication(
        &self,
        state: &str,
        answer: &str,
        credential: &str,
    ) -> Result<ProvedPasskey, PasskeyError> {
        let answer: PublicKeyCredential = read_answer(answer)?;
        let mut kept: Kept = read(credential, "key")?;
        let handle = answer.get_user_unique_id().map(Uuid::from_slice);
        let same_owner = |handle| matches!(handle, Ok(handle) if handle == kept.handle);
        let proved = match read(state, "state")? {
            Asking::Known(state) => {
                // Level 3, 7.2 (6): where the key says whose it is, it must be the person who is asked.
                if !handle.is_none_or(same_owner) {
                    return Err(PasskeyError::OtherOwner);
                }
                self.webauthn.finish_passkey_authentication(&answer, &state)
            }
            Asking::Anybody(state) => {
                if !handle.is_some_and(same_owner) {
                    return Err(PasskeyError::OtherOwner);
                }
                let key = DiscoverableKey::from(&kept.key);
                self.webauthn.finish_discoverable_authentication_v2(&answer, state, &key)
            }
        };
        let proved = proved.map_err(|fault| match fault {
            WebauthnError::CredentialPossibleCompromise => PasskeyError::ClonedSuspected,
            other => PasskeyError::Refused(other),
        })?;
        // The state carries the key as it was when the ceremony began; the counter may have moved since (two tabs).
        if (proved.counter() > 0 || kept.counter > 0) && proved.counter() <= kept.counter {
            return Err(PasskeyError::ClonedSuspected);
        }
        if kept.key.update_credential(&proved).is_none() {
            return Err(PasskeyError::OtherOwner);
        }
        kept.counter = proved.counter();
        let credential_id = URL_SAFE_NO_PAD.encode(proved.cred_id());
        Ok(ProvedPasskey { credential_id, credential: write(&kept)?, backed_up: proved.backup_state() })
    }
}

/// Which key an answer says it is by: only to look it up.
pub fn claimed_credential(answer: &str) -> Result<String, PasskeyError> {
    let answer: PublicKeyCredential = read_answer(answer)?;
    Ok(URL_SAFE_NO_PAD.encode(answer.get_credential_id()))
}

#[derive(Serialize, Deserialize)]
struct Registering {
    handle: Uuid,
    registration: PasskeyRegistration,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "asked", content = "state", rename_all = "snake_case")]
enum Asking {
    Known(PasskeyAuthentication),
    Anybody(DiscoverableAuthentication),
}

/// What the library shows of a fresh key in its serialised form only.
#[derive(Deserialize)]
struct Seen {
    cred: SeenCredential,
}

#[derive(Deserialize)]
struct SeenCredential {
    counter: u32,
    backup_state: bool,
}

/// The library asks authenticators not to keep the key; here it must be found without a user name.
fn discoverable(options: &CreationChallengeResponse) -> Result<String, PasskeyError> {
    let mut options = serde_json::to_value(options).map_err(|_| PasskeyError::Unreadable { what: "options" })?;
    let selection = options.pointer_mut("/publicKey/authenticatorSelection").and_then(serde_json::Value::as_object_mut);
    let selection = selection.ok_or(PasskeyError::Unreadable { what: "options" })?;
    selection.insert("residentKey".to_owned(), "required".into());
    selection.insert("requireResidentKey".to_owned(), true.into());
    write(&options)
}

fn read_answer<T: DeserializeOwned>(answer: &str) -> Result<T, PasskeyError> {
    const WHAT: &str = "answer of the browser";
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(PasskeyError::Unreadable { what: WHAT });
    }
    read(answer, WHAT)
}

fn read<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, PasskeyError> {
    serde_json::from_str(text).map_err(|_| PasskeyError::Unreadable { what })
}

fn write<T: Serialize>(value: &T) -> Result<String, PasskeyError> {
    serde_json::to_string(value).map_err(|_| PasskeyError::Unreadable { what: "value of our own" })
}

fn text_of<T: Serialize>(value: &T) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
