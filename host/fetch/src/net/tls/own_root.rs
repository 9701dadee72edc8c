//! A server whose certificate is itself among the trusted roots, such as the
//! self-signed one that `openssl req -x509` makes, a CA by its defaults.
//!
//! Go takes a leaf that is byte for byte a trusted root as a chain of one
//! (crypto/x509 verify.go: `if opts.Roots.contains(c)`), whether or not it may
//! sign others, and still checks the time, the host's name and what the key is
//! for. rustls-webpki refuses a CA as a server's certificate, and a root that
//! somebody else signed.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::collections::HashSet;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::time::Time;

/// What rustls verifies, and leaves that are roots.
#[derive(Debug)]
pub(super) struct OrOwnRoot {
    pub(super) usual: Arc<WebPkiServerVerifier>,
    /// Whole certificates, in DER.
    pub(super) roots: HashSet<CertificateDer<'static>>,
}

impl ServerCertVerifier for OrOwnRoot {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let error = match self.usual.verify_server_cert(leaf, between, name, ocsp, now) {
            Err(error) if self.roots.contains(leaf) => error,
            result => return result,
        };
        let Some(facts) = Facts::of(leaf) else { return Err(error) };
        let bad = |fault| Err(Error::InvalidCertificate(fault));
        if now.as_secs() < facts.not_before {
            return bad(CertificateError::NotValidYet);
        }
        if now.as_secs() > facts.not_after {
            return bad(CertificateError::Expired);
        }
        if !facts.for_servers {
            return bad(CertificateError::InvalidPurpose);
        }
        rustls::client::verify_server_name(&ParsedCertificate::try_from(leaf)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// What decides, besides the name (RFC 5280, section 4.1).
#[derive(Debug, PartialEq, Eq)]
struct Facts {
    /// Seconds since 1970.
    not_before: u64,
    not_after: u64,
    /// No extended key usage, or one that has serverAuth or any.
    for_servers: bool,
}

impl Facts {
    /// `None` where the certificate is malformed.
    fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?.tbs_certificate;
        let seconds = |time: Time| time.to_unix_duration().as_secs();
        let usages = match certificate.get::<ExtendedKeyUsage>().ok()? {
            None => Vec::new(),
            Some((_, ExtendedKeyUsage(usages))) if usages.is_empty() => return None,
            Some((_, ExtendedKeyUsage(usages))) => usages,
        };
        let serves = |usage| [ID_KP_SERVER_AUTH, ANY_EXTENDED_KEY_USAGE].contains(usage);
        Some(Self {
            not_before: seconds(certificate.validity.not_before),
            not_after: seconds(certificate.validity.not_after),
            for_servers: usages.is_empty() || usages.iter().any(serves),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject;

    fn facts(file: &str) -> Facts {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(file);
        Facts::of(&CertificateDer::from_pem_file(file).unwrap()).unwrap()
    }

    #[test]
    fn times_and_purposes_are_read() {
        // 2020-01-01 to 2125-01-01, which has four digits in the certificate.
        let authority = Facts { not_before: 1_577_836_800, not_after: 4_891_363_200, for_servers: true };
        assert_eq!(facts("authority.pem"), authority);
        assert!(facts("expired.pem").not_after < 1_700_000_000);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/authority.pem");
        let whole = CertificateDer::from_pem_file(file).unwrap();
        assert!((0..whole.len()).all(|end| Facts::of(&whole[..end]).is_none()));
    }
}
