//! The namespaces and algorithm identifiers that this crate speaks of.

/// Assertions (SAML core 2.0, section 2).
pub(crate) const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Protocol messages (SAML core 2.0, section 3).
pub(crate) const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Metadata (SAML metadata 2.0).
pub(crate) const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signatures (xmldsig-core).
pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XML encryption (xmlenc-core).
pub(crate) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
/// XML encryption 1.1.
pub(crate) const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
/// Schema instances: `xsi:nil`, `xsi:type`.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The reserved prefix `xml`.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Exclusive canonical XML 1.0 without comments.
pub(crate) const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The enveloped signature transform (xmldsig-core 6.6.4).
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Status of a message that succeeded (SAML core 3.2.2.2).
pub(crate) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Subject confirmation by possession of the message (SAML profiles 3.3).
pub(crate) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// The identifier format that says nothing.
pub(crate) const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
/// Identifiers of entities.
pub(crate) const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
/// Messages in the query of an address (SAML bindings 3.4).
pub(crate) const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// Messages in a form (SAML bindings 3.5).
pub(crate) const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// The signature algorithms that are accepted, and nothing else (SAML-26, SAML-27).
pub(crate) const SIGNATURE_ALGORITHMS: [&str; 6] = [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
/// The digest algorithms that are accepted.
pub(crate) const DIGEST_ALGORITHMS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];
/// RSA with SHA-256, by which this side signs.
pub(crate) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// SHA-256, by which this side digests.
pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
