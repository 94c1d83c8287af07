//! What the fuzz targets check. The product's tests replay the corpora against the same functions, so a
//! finding that is kept in `corpus/` stays found without the fuzzer.

pub mod callback_params;
pub mod id_token;
pub mod redirect_uri;
pub mod script;
