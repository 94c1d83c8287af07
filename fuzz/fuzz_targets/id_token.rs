//! Entry point of the fuzzer; what is checked stands in `src/id_token.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    usher_fuzz::id_token::check(input);
});
