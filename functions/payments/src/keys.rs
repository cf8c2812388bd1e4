//! RSA keys as WeChat Pay and Alipay hand them out, and SHA256-RSA2048 (PKCS#1 v1.5), which both of them sign with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, PublicKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer};
use serde::Deserialize;

/// A setting nobody may read in a log: `Debug` shows that there is one.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The text is no RSA key of 2048 bits or more. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RSA key of 2048 bits or more, as PEM or as the base64 between PEM's first and last line")]
pub(crate) struct NotAKey;

/// Signs what we send.
pub(crate) struct SigningKey(KeyPair);

impl SigningKey {
    /// PKCS#8 or PKCS#1, as PEM or as its bare base64: Alipay's tools write either without PEM's frame.
    pub(crate) fn parse(text: &str) -> Result<Self, NotAKey> {
        let pair = if is_pem(text) {
            match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| NotAKey)? {
                PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
                PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
                _ => return Err(NotAKey),
            }
        } else {
            let der = bare(text)?;
            KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der))
        };
        pair.map(Self).map_err(|_| NotAKey)
    }

    /// Base64. None when the library refuses, which a parsed key gives no reason for.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<String> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(BASE64.encode(signature))
    }
}

/// Verifies what we are sent.
#[derive(Clone)]
pub(crate) struct VerifyingKey(UnparsedPublicKey<Vec<u8>>);

impl VerifyingKey {
    /// A public key, as PEM or as its bare base64.
    pub(crate) fn parse(text: &str) -> Result<Self, NotAKey> {
        if is_pem(text) {
            let spki = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).map_err(|_| NotAKey)?;
            Self::from_der(spki.as_ref())
        } else {
            Self::from_der(&bare(text)?)
        }
    }

    /// The key of a certificate in PEM, with the certificate's serial as upper-case hex. Whom the certificate belongs to
    /// is not asked here.
    pub(crate) fn of_certificate(pem: &[u8]) -> Result<(String, Self), NotAKey> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|_| NotAKey)?;
        let certificate = webpki::EndEntityCert::try_from(&der).map_err(|_| NotAKey)?;
        let key = Self::from_der(certificate.subject_public_key_info().as_ref())?;
        Ok((serial_text(certificate.serial()), key))
    }

    fn from_der(der: &[u8]) -> Result<Self, NotAKey> {
        PublicKey::from_der(der).map_err(|_| NotAKey)?;
        Ok(Self(UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.to_vec())))
    }

    /// `signature`: base64.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        BASE64.decode(signature).is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// As WeChat Pay writes serials: hex, upper case, without the zero byte that keeps DER's integer positive.
fn serial_text(der: &[u8]) -> String {
    let significant = der.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &der[first..]);
    hex::encode_upper(significant)
}

fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN")
}

fn bare(text: &str) -> Result<Vec<u8>, NotAKey> {
    let dense: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64.decode(dense).map_err(|_| NotAKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("sk_live_1")), "Secret(…)");
    }

    #[test]
    fn what_is_no_key_is_refused_without_quoting_it() {
        let pem = |kind: &str, body: &str| format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n");
        for text in ["", "hello", "AAAA", "-----BEGIN", &pem("PRIVATE KEY", "AAAA"), &pem("CERTIFICATE", "AAAA")] {
            assert!(SigningKey::parse(text).is_err(), "{text}");
            assert!(VerifyingKey::parse(text).is_err(), "{text}");
            assert!(VerifyingKey::of_certificate(text.as_bytes()).is_err(), "{text}");
        }
        assert!(!NotAKey.to_string().contains("hello"));
    }

    #[test]
    fn serials_are_written_as_wechat_writes_them() {
        assert_eq!(serial_text(&[0x00, 0xab, 0x01]), "AB01");
        assert_eq!(serial_text(&[0x0c]), "0C");
        assert_eq!(serial_text(&[]), "");
    }
}
