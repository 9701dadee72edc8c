//! TLS as the go command would do it: the same certificate roots, found in the
//! same places (crypto/x509 root_unix.go, root_linux.go), through rustls and ring.
//!
//! On Unix, except macOS, `SSL_CERT_FILE` takes the place of the usual bundle
//! files, and `SSL_CERT_DIR` that of the usual directories; one does not
//! switch the other off. What does not parse is passed over.

#[cfg(not(any(windows, target_vendor = "apple")))]
mod own_root;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use std::sync::{Arc, OnceLock};

/// The configuration that trusts the system's roots, made when first needed:
/// there may be hundreds of files to read, or none.
#[derive(Clone, Default)]
pub(crate) struct Tls(Arc<OnceLock<Result<ClientConfig, String>>>);

/// What a connection may speak, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speak {
    /// HTTP/2, else HTTP/1.1.
    Any,
    /// HTTP/2 alone.
    Http2,
}

impl Tls {
    /// Fails, with where it looked, when the machine has no roots.
    pub(crate) fn config(&self, speak: Speak) -> Result<ClientConfig, String> {
        let made = self.0.get_or_init(|| with_verifier(Arc::new(ring::default_provider())));
        made.clone().map(|config| speaking(config, speak))
    }
}

/// A configuration that trusts nobody: enough for `http://`.
pub(crate) fn rootless_config() -> Result<ClientConfig, String> {
    let config = builder(Arc::new(ring::default_provider()))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(speaking(config, Speak::Any))
}

fn speaking(mut config: ClientConfig, speak: Speak) -> ClientConfig {
    config.alpn_protocols = match speak {
        Speak::Any => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        Speak::Http2 => vec![b"h2".to_vec()],
    };
    config
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())
}

#[cfg(any(windows, target_vendor = "apple"))]
fn with_verifier(provider: Arc<CryptoProvider>) -> Result<ClientConfig, String> {
    let verifier =
        rustls_platform_verifier::Verifier::new(Arc::clone(&provider)).map_err(|e| e.to_string())?;
    Ok(builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn with_verifier(provider: Arc<CryptoProvider>) -> Result<ClientConfig, String> {
    let file = std::env::var_os("SSL_CERT_FILE").filter(|v| !v.is_empty());
    let dirs = std::env::var_os("SSL_CERT_DIR").filter(|v| !v.is_empty());
    let certificates = unix::certificates_of(file.as_deref(), dirs.as_deref());
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    if roots.is_empty() {
        return Err(unix::where_we_looked(file.as_deref(), dirs.as_deref()));
    }
    let usual =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let usual = usual.build().map_err(|e| e.to_string())?;
    let verifier = own_root::OrOwnRoot { usual, roots: certificates.into_iter().collect() };
    Ok(builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

#[cfg(not(any(windows, target_vendor = "apple")))]
mod unix {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use std::ffi::OsStr;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The first that can be read is taken (crypto/x509 root_linux.go, root_bsd.go).
    const FILES: &[&str] = &[
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
        "/usr/local/etc/ssl/cert.pem",
        "/usr/local/share/certs/ca-root-nss.crt",
        "/etc/openssl/certs/ca-certificates.crt",
    ];
    /// All of them are read.
    const DIRECTORIES: &[&str] =
        &["/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/local/share/certs", "/etc/openssl/certs"];

    /// The certificates of the roots, each once.
    pub(super) fn certificates_of(
        file: Option<&OsStr>,
        dirs: Option<&OsStr>,
    ) -> Vec<CertificateDer<'static>> {
        let files = file.map_or_else(|| FILES.iter().map(PathBuf::from).collect(), |f| vec![f.into()]);
        let mut certificates = files.iter().find_map(|f| certificates(f)).unwrap_or_default();
        for dir in directories(dirs) {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if !links_within(&entry) {
                    certificates.extend(self::certificates(&entry.path()).unwrap_or_default());
                }
            }
        }
        certificates.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
        certificates.dedup();
        certificates
    }

    /// For an error, when there are none.
    pub(super) fn where_we_looked(file: Option<&OsStr>, dirs: Option<&OsStr>) -> String {
        let file = match file {
            Some(file) => format!("SSL_CERT_FILE ({})", file.display()),
            None => "the usual files".to_owned(),
        };
        let dirs: Vec<String> = directories(dirs).iter().map(|d| d.display().to_string()).collect();
        format!("no CA certificates in {file} nor in {}", dirs.join(", "))
    }

    fn directories(dirs: Option<&OsStr>) -> Vec<PathBuf> {
        match dirs {
            Some(dirs) => std::env::split_paths(dirs).collect(),
            None => DIRECTORIES.iter().map(PathBuf::from).collect(),
        }
    }

    /// None if the file cannot be read.
    fn certificates(file: &Path) -> Option<Vec<CertificateDer<'static>>> {
        let bytes = fs::read(file).ok()?;
        Some(CertificateDer::pem_slice_iter(&bytes).flatten().collect())
    }

    /// A hash's symbolic link to a certificate beside it would be read twice.
    fn links_within(entry: &fs::DirEntry) -> bool {
        entry.file_type().is_ok_and(|t| t.is_symlink())
            && fs::read_link(entry.path()).is_ok_and(|target| target.components().count() == 1)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn file_and_directories_are_overridden_apart() {
            let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/ca.pem");
            let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let count = |file: &Path, dir: &Path| {
                certificates_of(Some(file.as_os_str()), Some(dir.as_os_str())).len()
            };
            assert_eq!(count(&pem, empty.path()), 1);
            assert_eq!(count(Path::new("/nonexistent"), empty.path()), 0);

            fs::copy(&pem, full.path().join("corporate.pem")).unwrap();
            fs::write(full.path().join("noise.txt"), "-----BEGIN CERTIFICATE-----\nAAAA\nno").unwrap();
            assert_eq!(count(Path::new("/nonexistent"), full.path()), 1);
            // The same certificate twice is one root.
            assert_eq!(count(&pem, full.path()), 1);
            let text = where_we_looked(Some(OsStr::new("/x.pem")), Some(OsStr::new("/a:/b")));
            assert_eq!(text, "no CA certificates in SSL_CERT_FILE (/x.pem) nor in /a, /b");
        }
    }
}
