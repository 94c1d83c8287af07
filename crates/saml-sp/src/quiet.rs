//! xmlsec set up as this crate needs it: silent, and without any way to reach files or the network.
//!
//! The only unsafe code of the project. Two functions of xmlsec that samael does not wrap: one switches off its lines on
//! standard error (one per refused signature: anybody could fill the log), one removes the handlers by which it opens
//! `file:`, `http:` and `ftp:` addresses. The gate refuses such addresses already; this is the second door (SAML-29).

use std::ffi::c_int;
use std::sync::Once;

use samael::crypto::{CertificateDer, Crypto, CryptoProvider as _};

#[expect(unsafe_code, reason = "xmlsec's switches are C functions that samael does not wrap")]
mod switches {
    use super::c_int;

    unsafe extern "C" {
        /// xmlsec/errors.h: whether the default error callback prints.
        safe fn xmlSecErrorsDefaultCallbackEnableOutput(enabled: c_int);
        /// xmlsec/io.h: unregisters all input callbacks; the library must be initialised.
        fn xmlSecIOCleanupCallbacks();
    }

    /// Switches the lines on standard error off.
    pub(super) fn silence() {
        xmlSecErrorsDefaultCallbackEnableOutput(0);
    }

    /// Removes the handlers of addresses.
    pub(super) fn close_addresses() {
        // SAFETY: called once, after samael initialised the library and before this crate verifies anything; the
        // function frees a list of callbacks that nothing else holds.
        unsafe { xmlSecIOCleanupCallbacks() }
    }
}

/// Sets xmlsec up, once; cheap afterwards.
pub(crate) fn quiet() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        switches::silence();
        // Whatever this answers: on the way samael initialises the library.
        let _ = Crypto::verify_signed_xml("<a/>", &CertificateDer::from(Vec::new()), None);
        switches::close_addresses();
    });
}
