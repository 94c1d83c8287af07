//! Replays the fuzz corpora, and plays with them a little: what the fuzzer once found stays found, on every machine
//! and without the fuzzer. `make fuzz` runs the same checks for as long as one likes.

use std::path::PathBuf;

#[path = "../fuzz/src/callback_params.rs"]
mod callback_params;
#[path = "../fuzz/src/id_token.rs"]
mod id_token;
#[path = "../fuzz/src/redirect_uri.rs"]
mod redirect_uri;
#[path = "../fuzz/src/script.rs"]
mod script;

/// Variants made of every input.
const VARIANTS: u64 = 200;

/// The inputs kept for a target, by file name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut inputs: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|fault| panic!("{}: {fault}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    inputs.sort();
    assert!(inputs.len() >= 10, "the corpus of {target} got lost");
    inputs
}

/// Checks every input and the same variants of it each time. What is called honest must get through, or the checks
/// behind it are not reached.
fn replay(target: &str, check: fn(&[u8]) -> bool) {
    let inputs = corpus(target);
    let alphabet: Vec<u8> = inputs.iter().flat_map(|(_, bytes)| bytes.iter().copied()).chain([0, 0x7f, 0xff]).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (name, bytes) in &inputs {
        eprintln!("{target}/{name}");
        let through = check(bytes);
        assert!(through || !name.starts_with("honest"), "{target}/{name} is refused");
        for _ in 0..VARIANTS {
            check(&dice.mangle(bytes, &alphabet));
        }
    }
}

/// A small generator with a fixed seed: a failure shows again at the next run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or_default()
    }

    /// One to four edits: replace, insert, remove, double a stretch, cut short.
    fn mangle(&mut self, bytes: &[u8], alphabet: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(out.len() + 1);
            let byte = alphabet[self.below(alphabet.len())];
            match self.below(5) {
                0 if at < out.len() => out[at] = byte,
                1 if at < out.len() => drop(out.remove(at)),
                2 => {
                    let end = (at + self.below(16)).min(out.len());
                    let stretch = out[at..end].to_vec();
                    out.splice(at..at, stretch);
                }
                3 if self.below(8) == 0 => out.truncate(at),
                _ => out.insert(at, byte),
            }
        }
        out
    }
}

#[test]
fn id_token_corpus() {
    replay("id_token", id_token::check);
}

#[test]
fn redirect_uri_corpus() {
    replay("redirect_uri", redirect_uri::check);
}

#[test]
fn callback_params_corpus() {
    replay("callback_params", callback_params::check);
}

#[test]
fn script_corpus() {
    replay("script", script::check);
}
