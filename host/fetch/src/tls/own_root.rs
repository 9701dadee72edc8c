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

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// 2.5.29.37.
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// 2.5.29.37.0.
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0];
/// 1.3.6.1.5.5.7.3.1.
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];

impl Facts {
    /// `None` where the certificate is not what its type says.
    fn of(certificate: &[u8]) -> Option<Self> {
        let (whole, _) = only(certificate, SEQUENCE)?;
        let (mut tbs, _) = only(whole, SEQUENCE)?;
        if tbs.first() == Some(&VERSION) {
            tbs = only(tbs, VERSION)?.1;
        }
        // Serial number, algorithm, issuer.
        for tag in [INTEGER, SEQUENCE, SEQUENCE] {
            tbs = only(tbs, tag)?.1;
        }
        let (validity, mut rest) = only(tbs, SEQUENCE)?;
        let (not_before, validity) = time(validity)?;
        let (not_after, _) = time(validity)?;
        let mut facts = Self { not_before, not_after, for_servers: true };
        // Subject, key and what is before the extensions.
        while let Some((tag, content, after)) = element(rest) {
            if tag == EXTENSIONS {
                facts.for_servers = serves(only(content, SEQUENCE)?.0)?;
            }
            rest = after;
        }
        rest.is_empty().then_some(facts)
    }
}

/// Whether the extensions let the key serve.
fn serves(mut extensions: &[u8]) -> Option<bool> {
    while !extensions.is_empty() {
        let (extension, after) = only(extensions, SEQUENCE)?;
        extensions = after;
        let (id, mut value) = only(extension, OID)?;
        if id != EXTENDED_KEY_USAGE {
            continue;
        }
        // Whether it is critical stands between, where it is not left out.
        while let Some((tag, content, after)) = element(value) {
            if tag == OCTETS {
                let (mut usages, _) = only(content, SEQUENCE)?;
                while !usages.is_empty() {
                    let (usage, after) = only(usages, OID)?;
                    if usage == SERVER_AUTH || usage == ANY_USAGE {
                        return Some(true);
                    }
                    usages = after;
                }
                return Some(false);
            }
            value = after;
        }
        return None;
    }
    Some(true)
}

/// The content of an element of this type, and what follows it.
fn only(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, after) = element(bytes)?;
    (tag == wanted).then_some((content, after))
}

/// The first element of DER: type, content, what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |n, d| n << 8 | usize::from(*d)), rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

/// A time in seconds since 1970, and what follows it. RFC 5280 has years up to
/// 2049 with two digits, seconds, and `Z`.
fn time(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (tag, content, after) = element(bytes)?;
    let digits = content.strip_suffix(b"Z")?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let year = number(digits.get(..2)?)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, digits.get(2..)?)
        }
        GENERALIZED_TIME => (number(digits.get(..4)?)?, digits.get(4..)?),
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let part = |at: usize| number(rest.get(at..at + 2)?);
    let (month, day, hour, minute, second) = (part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    let sound =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if !sound || year < 1970 {
        return None;
    }
    // Days of the civil calendar: years begin in March, so that leap days end them.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    let seconds = days.checked_sub(719_468)? * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((seconds, after))
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + u64::from(d - b'0')))
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
        let read = |text: &[u8]| time(&[&[GENERALIZED_TIME, 15], text].concat()).map(|t| t.0);
        assert_eq!(read(b"19700101000000Z"), Some(0));
        assert_eq!(read(b"20240229235959Z"), Some(1_709_251_199));
        assert_eq!(read(b"20241301000000Z"), None);
        assert_eq!(read(b"2024010100000+Z"), None);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/authority.pem");
        let whole = CertificateDer::from_pem_file(file).unwrap();
        assert!((0..whole.len()).all(|end| Facts::of(&whole[..end]).is_none()));
    }
}
