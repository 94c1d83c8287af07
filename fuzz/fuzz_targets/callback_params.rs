//! Entry point of the fuzzer; what is checked stands in `src/callback_params.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    usher_fuzz::callback_params::check(input);
});
