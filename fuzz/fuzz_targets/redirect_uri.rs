//! Entry point of the fuzzer; what is checked stands in `src/redirect_uri.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    usher_fuzz::redirect_uri::check(input);
});
