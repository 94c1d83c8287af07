//! An identity provider made of text templates, rcgen keys and the `xmlsec1` command; nothing of the code under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rcgen::CertificateParams;
use tempfile::TempDir;

use crate::{
    Cbc, Certificate, Checks, DecryptionKey, Expected, ResponseRules, ResponseSignature, SamlError, VerifiedResponse,
    read_response,
};

pub const IDP: &str = "https://idp.acme.test/saml";
pub const SP: &str = "https://id.usher.test/saml/sp/con_1";
pub const ACS: &str = "https://id.usher.test/saml/sp/con_1/acs";
pub const REQUEST: &str = "_request1";

/// A key pair with its certificate, on disk for the command.
pub struct Keys {
    folder: TempDir,
    pub pkcs8: Vec<u8>,
    pub certificate: Certificate,
}

impl Keys {
    pub fn rsa(size: KeySize) -> Self {
        let pair = KeyPair::generate(size).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        Self::of_pkcs8(der.as_ref().to_vec(), &rcgen::PKCS_RSA_SHA256)
    }

    pub fn p256() -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self::of_pkcs8(pair.serialize_der(), &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    fn of_pkcs8(pkcs8: Vec<u8>, algorithm: &'static rcgen::SignatureAlgorithm) -> Self {
        let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_slice().into(), algorithm).unwrap();
        let made = CertificateParams::new(vec!["idp.acme.test".to_owned()]).unwrap().self_signed(&pair).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key.pem"), pair.serialize_pem()).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.pem()).unwrap();
        let certificate = Certificate::parse(&made.pem()).unwrap();
        Self { folder, pkcs8, certificate }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

pub static ACME: LazyLock<Keys> = LazyLock::new(|| Keys::rsa(KeySize::Rsa2048));
pub static MALLORY: LazyLock<Keys> = LazyLock::new(|| Keys::rsa(KeySize::Rsa2048));
pub static CURVE: LazyLock<Keys> = LazyLock::new(Keys::p256);
pub static OURS: LazyLock<Keys> = LazyLock::new(|| Keys::rsa(KeySize::Rsa2048));

pub fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-05-03T08:40:00Z").unwrap().with_timezone(&Utc)
}

pub fn at(minutes: i64) -> String {
    (now() + TimeDelta::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn run(command: &mut Command) {
    let output = command.output().expect("the command xmlsec1 (package xmlsec1)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A signature to be filled in by the command.
pub fn template(id: &str, signature: &str, digest: &str) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
         <ds:SignatureMethod Algorithm=\"{signature}\"/><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest}\"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/>\
         <ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"
    )
}

pub fn rsa_template(id: &str) -> String {
    template(id, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmlenc#sha256")
}

/// Fills in the signature whose reference names `id`.
pub fn sign(xml: &str, id: &str, keys: &Keys) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.xml"), folder.path().join("out.xml"));
    std::fs::write(&input, xml).unwrap();
    let key = format!("{},{}", keys.path("key.pem").display(), keys.path("cert.pem").display());
    let place = format!("//*[local-name()='Signature'][.//*[local-name()='Reference'][@URI='#{id}']]");
    let mut command = Command::new("xmlsec1");
    command.args(["--sign", "--privkey-pem", &key, "--node-xpath", &place]);
    for name in ["assertion:Assertion", "protocol:Response", "protocol:LogoutRequest", "protocol:LogoutResponse"] {
        command.args(["--id-attr:ID", &format!("urn:oasis:names:tc:SAML:2.0:{name}")]);
    }
    run(command.arg("--output").arg(&output).arg(&input));
    without_declaration(&output)
}

fn without_declaration(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    text.split_once("?>").map_or(text.clone(), |(_, rest)| rest.trim().to_owned())
}

/// Encrypts an element to our certificate.
pub fn encrypt(xml: &str, to: &Keys, content: &str, session: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (input, form, output) =
        (folder.path().join("in.xml"), folder.path().join("form.xml"), folder.path().join("out.xml"));
    std::fs::write(&input, xml).unwrap();
    std::fs::write(&form, format!(
        "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" Type=\"http://www.w3.org/2001/04/xmlenc#Element\">\
         <xenc:EncryptionMethod Algorithm=\"{content}\"/><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey>\
         <xenc:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/><xenc:CipherData><xenc:CipherValue/>\
         </xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"
    )).unwrap();
    run(Command::new("xmlsec1")
        .args(["--encrypt", "--pubkey-cert-pem"])
        .arg(to.path("cert.pem"))
        .args(["--session-key", session, "--xml-data"])
        .arg(&input)
        .arg("--output")
        .arg(&output)
        .arg(&form));
    format!(
        "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:EncryptedAssertion>",
        without_declaration(&output)
    )
}

/// The parts of a response that tests change.
#[derive(Clone)]
pub struct Parts {
    pub assertion_id: String,
    pub person: String,
    pub issuer: String,
    pub conditions: String,
    pub confirmation: String,
    pub statement: String,
    pub attributes: String,
    pub shell: String,
    pub status: String,
    pub version: String,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            assertion_id: "_a1".to_owned(),
            person: "alice@corp.test".to_owned(),
            issuer: IDP.to_owned(),
            conditions: format!(
                "<saml:Conditions NotBefore=\"{}\" NotOnOrAfter=\"{}\"><saml:AudienceRestriction><saml:Audience>{SP}</saml:Audience></saml:AudienceRestriction></saml:Conditions>",
                at(-1),
                at(5)
            ),
            confirmation: confirmation("urn:oasis:names:tc:SAML:2.0:cm:bearer", &data(ACS, Some(REQUEST), 5)),
            statement: format!(
                "<saml:AuthnStatement AuthnInstant=\"{}\" SessionIndex=\"s1\" SessionNotOnOrAfter=\"{}\"><saml:AuthnContext><saml:AuthnContextClassRef>\
                 urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>",
                at(0),
                at(60)
            ),
            attributes: attribute("mail", &["alice@corp.test"]),
            shell: format!("Destination=\"{ACS}\" InResponseTo=\"{REQUEST}\""),
            status:
                "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>"
                    .to_owned(),
            version: "2.0".to_owned(),
        }
    }
}

pub fn attribute(name: &str, values: &[&str]) -> String {
    let values = values.iter().map(|value| ["<saml:AttributeValue>", value, "</saml:AttributeValue>"].concat());
    let values = values.collect::<String>();
    format!(
        "<saml:AttributeStatement><saml:Attribute Name=\"{name}\">{values}</saml:Attribute></saml:AttributeStatement>"
    )
}

pub fn confirmation(method: &str, data: &str) -> String {
    format!("<saml:SubjectConfirmation Method=\"{method}\">{data}</saml:SubjectConfirmation>")
}

pub fn data(recipient: &str, answers: Option<&str>, minutes: i64) -> String {
    let answers = answers.map(|id| format!(" InResponseTo=\"{id}\"")).unwrap_or_default();
    format!("<saml:SubjectConfirmationData Recipient=\"{recipient}\" NotOnOrAfter=\"{}\"{answers}/>", at(minutes))
}

impl Parts {
    pub fn assertion(&self, signature: &str) -> String {
        format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" Version=\"{}\" IssueInstant=\"{}\">\
             <saml:Issuer>{}</saml:Issuer>{signature}<saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{}</saml:NameID>{}</saml:Subject>\
             {}{}{}</saml:Assertion>",
            self.assertion_id,
            self.version,
            at(0),
            self.issuer,
            self.person,
            self.confirmation,
            self.conditions,
            self.statement,
            self.attributes
        )
    }

    pub fn response(&self, signature: &str, inside: &str) -> String {
        format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_r1\" Version=\"2.0\" IssueInstant=\"{}\" {}>\
             <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer>{signature}{}{inside}</samlp:Response>",
            at(0),
            self.shell,
            self.issuer,
            self.status
        )
    }

    /// The assertion signed, the response not: what most providers send.
    pub fn signed(&self) -> String {
        self.response("", &self.signed_assertion(&ACME))
    }

    pub fn signed_assertion(&self, keys: &Keys) -> String {
        sign(&self.assertion(&rsa_template(&self.assertion_id)), &self.assertion_id, keys)
    }

    /// Both signed.
    pub fn signed_twice(&self) -> String {
        sign(&self.response(&rsa_template("_r1"), &self.signed_assertion(&ACME)), "_r1", &ACME)
    }
}

pub struct Try {
    pub certificates: Vec<Certificate>,
    pub decryption: Vec<DecryptionKey>,
    pub cbc: Cbc,
    pub expected: Expected<'static>,
    pub response_signature: ResponseSignature,
    pub since: Option<DateTime<Utc>>,
    pub contexts: Vec<String>,
}

impl Default for Try {
    fn default() -> Self {
        Self {
            certificates: vec![ACME.certificate.clone()],
            decryption: vec![DecryptionKey::from_pkcs8(&OURS.pkcs8).unwrap()],
            cbc: Cbc::Refused,
            expected: Expected::Answer { request: REQUEST },
            response_signature: ResponseSignature::Optional,
            since: None,
            contexts: Vec::new(),
        }
    }
}

impl Try {
    pub fn read(&self, message: &str) -> Result<VerifiedResponse, SamlError> {
        let rules = ResponseRules {
            issuer: IDP,
            audience: SP,
            consumer: ACS,
            certificates: &self.certificates,
            decryption: &self.decryption,
            cbc: self.cbc,
            expected: self.expected,
            response_signature: self.response_signature,
            signed_in_since: self.since,
            contexts: &self.contexts,
            skew: TimeDelta::seconds(60),
            now: now(),
        };
        let mut checks = Checks::new();
        let outcome = read_response(message.as_bytes(), &rules, &mut checks);
        assert_eq!(outcome.is_ok(), checks.made().iter().all(|check| check.passed), "{:?}", checks.made());
        outcome
    }
}

/// Reads under the usual rules.
pub fn read(message: &str) -> Result<VerifiedResponse, SamlError> {
    Try::default().read(message)
}

/// The name of the check that refuses the message.
#[track_caller]
pub fn refused(message: &str) -> &'static str {
    match read(message) {
        Ok(accepted) => panic!("accepted: {accepted:?}"),
        Err(fault) => fault.check(),
    }
}
