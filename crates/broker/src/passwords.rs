//! Passwords: Argon2id at OWASP's parameters on two dedicated threads behind a bounded queue.
//!
//! Hashing costs tens of milliseconds and 19 MiB by design, so it must starve neither the async
//! threads nor the rest of the sign-ins: each thread keeps its one memory buffer, and a full queue
//! answers "busy" at once (DOS-18, REL-22). Policy: NIST SP 800-63B, length before anything else.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use usher_domain::{Entropy, SecretText};

/// Longest password looked at, in bytes; longer ones are refused before hashing (DOS-18).
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Shortest password accepted when one is set, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;
const QUEUE: usize = 64;
const THREADS: usize = 2;

/// Why a password was not hashed or checked.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum PasswordError {
    /// The queue is full: answer 503 with Retry-After.
    #[error("too many passwords are being checked right now")]
    Busy,
    /// Longer than [`MAX_PASSWORD_BYTES`].
    #[error("the password is too long")]
    TooLong,
    /// Shorter than [`MIN_PASSWORD_CHARS`].
    #[error("the password needs at least 10 characters")]
    TooShort,
    /// The stored hash is not one of ours.
    #[error("the stored password hash cannot be read")]
    UnreadableHash,
}

enum Job {
    Hash { password: SecretText, salt: [u8; SALT_BYTES], answer: oneshot::Sender<Result<String, PasswordError>> },
    Verify { password: SecretText, stored: String, answer: oneshot::Sender<Result<bool, PasswordError>> },
}

/// The pool. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    jobs: mpsc::SyncSender<Job>,
    decoy: Arc<str>,
}

impl Passwords {
    /// Starts the threads; `entropy` salts the decoy that unknown users are checked against.
    pub fn start(entropy: &dyn Entropy) -> Result<Self, PasswordError> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..THREADS {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || work(&queue));
        }
        let mut random = [0_u8; SALT_BYTES];
        entropy.fill(&mut random);
        let mut memory = Vec::new();
        let decoy = hash(&SecretText::new(format!("{random:?}")), random, &mut memory)?;
        Ok(Self { jobs, decoy: decoy.into() })
    }

    /// Hashes a new password into a PHC string after checking its length.
    pub async fn hash(&self, password: SecretText, entropy: &dyn Entropy) -> Result<String, PasswordError> {
        check_length(&password)?;
        if password.expose().chars().count() < MIN_PASSWORD_CHARS {
            return Err(PasswordError::TooShort);
        }
        let mut salt = [0_u8; SALT_BYTES];
        entropy.fill(&mut salt);
        let (answer, hashed) = oneshot::channel();
        self.send(Job::Hash { password, salt, answer })?;
        hashed.await.map_err(|_| PasswordError::Busy)?
    }

    /// Checks a password. `stored` is absent for unknown users and people without a password: the same work is
    /// done against a decoy, so the time tells nothing (MFA-19).
    pub async fn verify(&self, password: SecretText, stored: Option<String>) -> Result<bool, PasswordError> {
        check_length(&password)?;
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let (answer, verified) = oneshot::channel();
        self.send(Job::Verify { password, stored, answer })?;
        let matches = verified.await.map_err(|_| PasswordError::Busy)??;
        Ok(matches && known)
    }

    fn send(&self, job: Job) -> Result<(), PasswordError> {
        self.jobs.try_send(job).map_err(|_| PasswordError::Busy)
    }
}

/// Whether `text` is a PHC string this pool can check: Argon2id with sane costs.
pub fn is_acceptable_hash(text: &str) -> bool {
    PasswordHash::new(text).ok().and_then(|parsed| parameters(&parsed)).is_some()
}

fn check_length(password: &SecretText) -> Result<(), PasswordError> {
    if password.expose().len() > MAX_PASSWORD_BYTES { Err(PasswordError::TooLong) } else { Ok(()) }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let Ok(job) = queue.lock().map_err(drop).and_then(|q| q.recv().map_err(drop)) else { return };
        match job {
            Job::Hash { password, salt, answer } => drop(answer.send(hash(&password, salt, &mut memory))),
            Job::Verify { password, stored, answer } => drop(answer.send(verify(&password, &stored, &mut memory))),
        }
    }
}

fn hash(password: &SecretText, salt: [u8; SALT_BYTES], memory: &mut Vec<Block>) -> Result<String, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(|_| PasswordError::UnreadableHash)?;
    let mut output = [0_u8; HASH_BYTES];
    derive(&params, password, &salt, &mut output, memory)?;
    let output = argon2::password_hash::phc::Output::new(&output).map_err(|_| PasswordError::UnreadableHash)?;
    let salt =
        argon2::password_hash::phc::Salt::new(&salt).map_err(|_| PasswordError::UnreadableHash)?.to_salt_string();
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}"))
}

fn verify(password: &SecretText, stored: &str, memory: &mut Vec<Block>) -> Result<bool, PasswordError> {
    let parsed = PasswordHash::new(stored).map_err(|_| PasswordError::UnreadableHash)?;
    let params = parameters(&parsed).ok_or(PasswordError::UnreadableHash)?;
    let (Some(salt), Some(expected)) = (&parsed.salt, &parsed.hash) else {
        return Err(PasswordError::UnreadableHash);
    };
    let mut output = vec![0_u8; expected.len()];
    derive(&params, password, salt, &mut output, memory)?;
    Ok(output.as_slice().ct_eq(expected.as_bytes()).into())
}

fn parameters(parsed: &PasswordHash) -> Option<Params> {
    let params = Params::try_from(parsed).ok()?;
    let sane = params.m_cost() <= 256 * 1024 && params.t_cost() <= 16 && params.p_cost() <= 8;
    let ours = parsed.algorithm.as_str() == "argon2id" && parsed.salt.is_some() && parsed.hash.is_some();
    (sane && ours).then_some(params)
}

fn derive(
    params: &Params,
    password: &SecretText,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), PasswordError> {
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let buffer = memory.get_mut(..blocks).ok_or(PasswordError::Busy)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, buffer)
        .map_err(|_| PasswordError::UnreadableHash)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = Passwords::start(&Fixed).unwrap();
        let hash = passwords.hash(SecretText::new("correct horse"), &Fixed).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(is_acceptable_hash(&hash));
        assert_eq!(passwords.verify(SecretText::new("correct horse"), Some(hash.clone())).await, Ok(true));
        assert_eq!(passwords.verify(SecretText::new("correct horsf"), Some(hash)).await, Ok(false));
        assert_eq!(passwords.verify(SecretText::new("correct horse"), None).await, Ok(false));
    }

    #[tokio::test]
    async fn dos_18_long_and_short_passwords_are_refused_before_hashing() {
        let passwords = Passwords::start(&Fixed).unwrap();
        let long = SecretText::new("x".repeat(MAX_PASSWORD_BYTES + 1));
        assert_eq!(passwords.verify(long.clone(), None).await, Err(PasswordError::TooLong));
        assert_eq!(passwords.hash(long, &Fixed).await, Err(PasswordError::TooLong));
        assert_eq!(passwords.hash(SecretText::new("short"), &Fixed).await, Err(PasswordError::TooShort));
    }

    #[test]
    fn hashes_with_absurd_costs_are_refused() {
        assert!(!is_acceptable_hash("$argon2id$v=19$m=4194304,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAAAAAAAAAAAAAAAAAAAA"));
        assert!(!is_acceptable_hash("plain"));
    }
}
