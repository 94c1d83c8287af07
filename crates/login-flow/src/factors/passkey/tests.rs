//! Against the authenticator in software of the story tests: each refusal beside the same answer untouched.

use serde_json::Value;
use usher_domain::{FlowId, UserId};

use super::{Owner, PasskeyError, RelyingParty, UserHandle, claimed_credential};

#[path = "../../../../../tests/support/passkey.rs"]
mod device;
use device::SoftPasskey;

const ORIGIN: &str = "https://login.corp.test";

fn party() -> RelyingParty {
    RelyingParty::new(ORIGIN, "Usher").unwrap()
}

fn ann() -> UserHandle {
    UserHandle::of_user(&UserId::parse("u_ann").unwrap())
}

fn owner(handle: UserHandle) -> Owner<'static> {
    Owner { handle, name: "ann@corp.test", display_name: "Ann" }
}

/// A device of Ann's and what is kept of its key.
fn registered() -> (SoftPasskey, String) {
    let mut device = SoftPasskey::new();
    let kept = register(&mut device);
    (device, kept)
}

fn register(device: &mut SoftPasskey) -> String {
    let begun = party().begin_registration(owner(ann()), &[]).unwrap();
    let answer = device.create(ORIGIN, &begun.options);
    party().finish_registration(&begun.state, &answer).unwrap().credential
}

#[test]
fn a_key_is_made_and_proves_its_owner_as_second_factor() {
    let mut device = SoftPasskey::new();
    let begun = party().begin_registration(owner(ann()), &[]).unwrap();
    let answer = device.create(ORIGIN, &begun.options);
    let new = party().finish_registration(&begun.state, &answer).unwrap();
    assert_eq!(
        (new.credential_id.clone(), new.backed_up, new.transports),
        (device.id(), false, vec!["internal".to_owned()])
    );

    let begun = party().begin_authentication(std::slice::from_ref(&new.credential)).unwrap();
    let answer = device.get(ORIGIN, &begun.options);
    assert_eq!(claimed_credential(&answer).unwrap(), device.id());
    let proved = party().finish_authentication(&begun.state, &answer, &new.credential).unwrap();
    assert_eq!(proved.credential_id, new.credential_id);
    assert_ne!(proved.credential, new.credential, "the counter moved");
}

#[test]
fn a_key_says_who_it_is_without_a_user_name() {
    let (mut device, kept) = registered();
    let begun = party().begin_discoverable().unwrap();
    let options: Value = serde_json::from_str(&begun.options).unwrap();
    assert_eq!(options["mediation"], "conditional");
    assert_eq!(options["publicKey"]["userVerification"], "required");
    let answer = device.get(ORIGIN, &begun.options);
    assert!(party().finish_authentication(&begun.state, &answer, &kept).is_ok());
}

#[test]
fn the_browser_is_asked_for_a_key_that_can_be_found_and_verifies_its_user() {
    let begun = party().begin_registration(owner(ann()), &["AQID".to_owned()]).unwrap();
    let options: Value = serde_json::from_str(&begun.options).unwrap();
    let options = &options["publicKey"];
    let selection = &options["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&"required".into(), &"required".into()));
    assert_eq!((&options["rp"]["id"], &options["attestation"]), (&"login.corp.test".into(), &"none".into()));
    assert_eq!(options["excludeCredentials"][0]["id"], "AQID");
    assert!(!begun.options.contains("u_ann"), "the id of the account stays in the house");
}

#[test]
fn a_key_that_does_not_verify_its_user_is_refused_when_made_and_when_used() {
    let mut device = SoftPasskey::new();
    device.verifies_user = false;
    let begun = party().begin_registration(owner(ann()), &[]).unwrap();
    let answer = device.create(ORIGIN, &begun.options);
    assert!(matches!(party().finish_registration(&begun.state, &answer), Err(PasskeyError::Refused(_))));

    let (mut device, kept) = registered();
    device.verifies_user = false;
    for begun in [party().begin_authentication(std::slice::from_ref(&kept)), party().begin_discoverable()] {
        let begun = begun.unwrap();
        let answer = device.get(ORIGIN, &begun.options);
        let refused = party().finish_authentication(&begun.state, &answer, &kept);
        assert!(matches!(refused, Err(PasskeyError::Refused(_))));
    }
}

#[test]
fn an_answer_fits_one_challenge_and_one_origin() {
    let (mut device, kept) = registered();
    let (first, second) = (party().begin_discoverable().unwrap(), party().begin_discoverable().unwrap());
    let answer = device.get(ORIGIN, &first.options);
    assert!(matches!(party().finish_authentication(&second.state, &answer, &kept), Err(PasskeyError::Refused(_))));
    assert!(party().finish_authentication(&first.state, &answer, &kept).is_ok());
    let phished = device.get("https://login.corp.test.evil.test", &second.options);
    assert!(matches!(party().finish_authentication(&second.state, &phished, &kept), Err(PasskeyError::Refused(_))));
}

#[test]
fn a_key_of_somebody_else_proves_nothing() {
    let (mut device, kept) = registered();
    let (mut other, other_kept) = registered();
    let begun = party().begin_authentication(std::slice::from_ref(&kept)).unwrap();
    let strange = other.get(ORIGIN, &begun.options);
    assert!(party().finish_authentication(&begun.state, &strange, &other_kept).is_err(), "not among those asked for");
    let own = device.get(ORIGIN, &begun.options);
    assert!(party().finish_authentication(&begun.state, &own, &other_kept).is_err(), "looked up wrongly");
    assert!(party().finish_authentication(&begun.state, &own, &kept).is_ok());
}

#[test]
fn the_person_that_the_key_names_must_be_its_owner() {
    let (mut device, kept) = registered();
    let begun = party().begin_discoverable().unwrap();
    let answer = device.get(ORIGIN, &begun.options);
    let mut renamed: Value = serde_json::from_str(&answer).unwrap();
    renamed["response"]["userHandle"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
    let strange = party().finish_authentication(&begun.state, &renamed.to_string(), &kept);
    assert!(matches!(strange, Err(PasskeyError::OtherOwner)));
    renamed["response"]["userHandle"] = Value::Null;
    let nameless = party().finish_authentication(&begun.state, &renamed.to_string(), &kept);
    assert!(matches!(nameless, Err(PasskeyError::OtherOwner)), "without a user name the key must name somebody");
    assert!(party().finish_authentication(&begun.state, &answer, &kept).is_ok());
}

#[test]
fn a_counter_that_stands_still_tells_of_a_copy() {
    let (mut device, kept) = registered();
    let prove = |device: &mut SoftPasskey, kept: &String| {
        let begun = party().begin_authentication(std::slice::from_ref(kept)).unwrap();
        let answer = device.get(ORIGIN, &begun.options);
        party().finish_authentication(&begun.state, &answer, kept)
    };
    let moved = prove(&mut device, &kept).unwrap().credential;
    let moved = prove(&mut device, &moved).unwrap().credential;
    device.counter = Some(1);
    assert!(matches!(prove(&mut device, &moved), Err(PasskeyError::ClonedSuspected)), "2 again");
    device.counter = Some(2);
    assert!(prove(&mut device, &moved).is_ok(), "3");
}

#[test]
fn the_counter_is_compared_with_what_is_kept_now() {
    let (mut device, kept) = registered();
    let (first, second) = (
        party().begin_authentication(std::slice::from_ref(&kept)),
        party().begin_authentication(std::slice::from_ref(&kept)),
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    let answer = device.get(ORIGIN, &first.options);
    let moved = party().finish_authentication(&first.state, &answer, &kept).unwrap().credential;
    device.counter = Some(0);
    let copied = device.get(ORIGIN, &second.options);
    let refused = party().finish_authentication(&second.state, &copied, &moved);
    assert!(matches!(refused, Err(PasskeyError::ClonedSuspected)), "the state still has the old counter");
}

#[test]
fn a_synced_key_has_no_counter_and_says_that_it_is_copied() {
    let mut device = SoftPasskey::new();
    (device.synced, device.counter) = (true, None);
    let kept = register(&mut device);
    for _ in 0..2 {
        let begun = party().begin_discoverable().unwrap();
        let answer = device.get(ORIGIN, &begun.options);
        assert!(party().finish_authentication(&begun.state, &answer, &kept).unwrap().backed_up);
    }
}

#[test]
fn a_person_without_an_account_gets_a_handle_that_stays() {
    let flow = UserHandle::of_flow(&FlowId::parse("f_1").unwrap());
    assert_ne!(flow, UserHandle::of_user(&UserId::parse("f_1").unwrap()), "kinds never meet");
    let mut device = SoftPasskey::new();
    let begun = party().begin_registration(owner(flow), &[]).unwrap();
    let answer = device.create(ORIGIN, &begun.options);
    let new = party().finish_registration(&begun.state, &answer).unwrap();
    let begun = party().begin_discoverable().unwrap();
    let answer = device.get(ORIGIN, &begun.options);
    assert!(party().finish_authentication(&begun.state, &answer, &new.credential).is_ok());
}

#[test]
fn only_a_host_with_a_name_has_passkeys() {
    for url in ["https://login.corp.test", "https://login.corp.test:8443/path", "http://localhost:8080"] {
        assert!(RelyingParty::new(url, "Usher").is_ok(), "{url}");
    }
    for url in ["http://login.corp.test", "http://127.0.0.1:8080", "https://[::1]/", "nonsense"] {
        assert!(matches!(RelyingParty::new(url, "Usher"), Err(PasskeyError::NoDomain)), "{url}");
    }
}

#[test]
fn foreign_text_is_unreadable_and_never_more() {
    let (_, kept) = registered();
    let begun = party().begin_discoverable().unwrap();
    for answer in ["", "{}", "null", "[1]", &"x".repeat(100_000)] {
        assert!(matches!(claimed_credential(answer), Err(PasskeyError::Unreadable { .. })));
        let finished = party().finish_authentication(&begun.state, answer, &kept);
        assert!(matches!(finished, Err(PasskeyError::Unreadable { .. })));
    }
}
