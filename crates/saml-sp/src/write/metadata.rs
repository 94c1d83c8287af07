//! Our metadata for one connection (SAML metadata 2.4.4).

use chrono::{DateTime, Utc};

use super::Element;
use super::authn_request::instant;
use crate::certificate::Certificate;
use crate::names::{MD, POST, REDIRECT, SAMLP};
use crate::signing::{DSIG, SigningFailed, SigningKey, enveloped};

const M: (&str, &str) = ("md", MD);

/// The certificates that providers should know.
#[derive(Debug, Clone, Copy)]
pub struct SpKeys<'a> {
    /// By which we sign, the current one first; the next one is published before it is used.
    pub signing: &'a [Certificate],
    /// To which providers may encrypt, the newest first.
    pub encryption: &'a [Certificate],
}

/// This service provider as one provider sees it.
#[derive(Debug, Clone, Copy)]
pub struct ServiceProvider<'a> {
    /// The id of the document, when it is signed.
    pub id: &'a str,
    /// Our entity id towards this provider.
    pub entity_id: &'a str,
    /// Where answers go (POST).
    pub consumer: &'a str,
    /// Where logout messages go (Redirect and POST).
    pub logout: Option<&'a str>,
    /// The identifier format that is asked for.
    pub name_id_format: Option<&'a str>,
    /// The certificates.
    pub keys: SpKeys<'a>,
    /// Whether requests are signed.
    pub signs_requests: SignsRequests,
    /// Until when the document may be used.
    pub valid_until: Option<DateTime<Utc>>,
}

/// Whether requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignsRequests {
    /// They are.
    Yes,
    /// They are not.
    No,
}

impl ServiceProvider<'_> {
    /// The document without a signature.
    pub fn unsigned(&self) -> String {
        self.element().canonical()
    }

    /// The document with a signature.
    ///
    /// # Errors
    ///
    /// [`SigningFailed`].
    pub fn signed(&self, key: &SigningKey) -> Result<String, SigningFailed> {
        let element = self.element().attribute("ID", self.id);
        let signature = enveloped(&element, self.id, key)?;
        Ok(element.with_child_at(0, signature).canonical())
    }

    fn element(&self) -> Element {
        let logout = self
            .logout
            .into_iter()
            .flat_map(|address| [REDIRECT, POST].map(|binding| endpoint("SingleLogoutService", binding, address)));
        let format = self.name_id_format.map(|format| Element::new(M, "NameIDFormat").text(format));
        let consumer = endpoint("AssertionConsumerService", POST, self.consumer)
            .attribute("index", "0")
            .attribute("isDefault", "true");
        let role = Element::new(M, "SPSSODescriptor")
            .attribute("AuthnRequestsSigned", if self.signs_requests == SignsRequests::Yes { "true" } else { "false" })
            .attribute("WantAssertionsSigned", "true")
            .attribute("protocolSupportEnumeration", SAMLP)
            .children(self.keys.signing.iter().map(|certificate| key("signing", certificate)))
            .children(self.keys.encryption.iter().map(|certificate| key("encryption", certificate).children(methods())))
            .children(logout)
            .children(format)
            .child(consumer);
        Element::new(M, "EntityDescriptor")
            .attribute("entityID", self.entity_id)
            .attribute_if("validUntil", self.valid_until.map(instant))
            .child(role)
    }
}

fn endpoint(name: &'static str, binding: &str, address: &str) -> Element {
    Element::new(M, name).attribute("Binding", binding).attribute("Location", address)
}

fn key(usage: &str, certificate: &Certificate) -> Element {
    let data = Element::new(DSIG, "X509Data").child(Element::new(DSIG, "X509Certificate").text(certificate.base64()));
    Element::new(M, "KeyDescriptor").attribute("use", usage).child(Element::new(DSIG, "KeyInfo").child(data))
}

/// What can be decrypted, best first.
fn methods() -> [Element; 4] {
    [
        "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        "http://www.w3.org/2009/xmlenc11#rsa-oaep",
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    ]
    .map(|algorithm| Element::new(M, "EncryptionMethod").attribute("Algorithm", algorithm))
}
