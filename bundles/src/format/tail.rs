//! Signing: a new bundle as it is finished, or one that exists.

use crate::attest::dsse::{Envelope, EnvelopeError, IN_TOTO};
use crate::attest::keys::{KeyError, KeyId, Signer};
use crate::attest::signature::SignatureError;
use crate::attest::statement::{self, Attestation, BUNDLE_ATTESTATION, Statement};
use crate::attest::trust::Trust;
use crate::digest::Sha256;
use crate::error::{BundleError, EntriesError};
use crate::format::names::{self, Section};
use crate::format::reader::{SignedBundle, Unverified};
use crate::format::writer::{Output, Written};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What a signer claims beside the contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Free text.
    pub comment: Option<String>,
    /// When the signature stops counting.
    pub expires: Option<jiff::Timestamp>,
    /// What the signer signs as, such as `packer` or `reviewer`.
    pub role: Option<String>,
    /// A number that grows from one bundle of a project to the next.
    pub sequence: Option<u64>,
    /// When the signature is made.
    pub signed_at: Option<jiff::Timestamp>,
}

/// A statement to be signed beside the manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStatement {
    /// Its name in the entry: lower-case letters, digits and hyphens.
    pub name: String,
    /// Its predicate type, a URI.
    pub predicate_type: String,
    /// Its predicate; integers only, no floats.
    pub predicate: Value,
}

/// One signer's part in a bundle.
pub struct Signing<'a> {
    /// Who signs.
    pub signer: &'a dyn Signer,
    /// What the signer claims.
    pub claims: Claims,
    /// What else the signer states.
    pub statements: Vec<NewStatement>,
}

impl<'a> Signing<'a> {
    /// A signature without claims and statements.
    pub fn new(signer: &'a dyn Signer) -> Self {
        Self { signer, claims: Claims::default(), statements: Vec::new() }
    }
}

fn json_error(e: serde_json::Error) -> KeyError {
    KeyError::Signing(e.to_string())
}

fn encode(envelope: &Envelope) -> Result<Vec<u8>, KeyError> {
    envelope.to_bytes().map_err(|e: EnvelopeError| KeyError::Signing(e.to_string()))
}

/// Adds a signer's statements and attestation to the envelopes.
pub(crate) fn sign(
    envelopes: &mut BTreeMap<String, Vec<u8>>,
    manifest: Sha256,
    evidence: &BTreeMap<String, Sha256>,
    signing: &Signing<'_>,
) -> Result<(), BundleError> {
    let key = signing.signer.public_key();
    let id = key.id();
    let taken = |name: &str| BundleError::Entries(EntriesError::Name(name.to_owned()));
    let mut covers = evidence.clone();
    for new in &signing.statements {
        let entry = names::statement_name(&new.name, &id);
        if !names::is_label(&new.name) || envelopes.contains_key(&entry) {
            return Err(taken(&entry));
        }
        let nothing = BTreeMap::new();
        let payload = statement::to_bytes(&new.predicate_type, &new.predicate, manifest, &nothing)
            .map_err(json_error)?;
        let bytes = encode(&Envelope::sign(IN_TOTO, payload, signing.signer)?)?;
        covers.insert(entry.clone(), Sha256::of(&bytes));
        envelopes.insert(entry, bytes);
    }
    let claims = &signing.claims;
    let attestation = Attestation {
        comment: claims.comment.clone(),
        expires: claims.expires.map(|t| t.to_string()),
        public_key: key.to_openssh(),
        role: claims.role.clone(),
        sequence: claims.sequence,
        signed_at: claims.signed_at.map(|t| t.to_string()),
    };
    let predicate = serde_json::to_value(&attestation).map_err(json_error)?;
    let statement = Statement { predicate_type: BUNDLE_ATTESTATION.to_owned(), predicate, manifest, covers };
    let payload = statement.to_bytes().map_err(json_error)?;
    let entry = names::signature_name(&id);
    let bytes = encode(&Envelope::sign(IN_TOTO, payload, signing.signer)?)?;
    match envelopes.insert(entry.clone(), bytes) {
        Some(_) => Err(taken(&entry)),
        None => Ok(()),
    }
}

impl Unverified {
    /// Writes a copy with one more signature to `target`, which may be the file
    /// itself. Manifest, objects, evidence and everyone else's envelopes stay
    /// byte for byte. A key that has signed already is replaced only if asked to.
    ///
    /// What is signed is the manifest: verify the objects first.
    pub fn countersign(
        &self,
        target: &Path,
        signing: &Signing<'_>,
        replace: bool,
    ) -> Result<Written, BundleError> {
        self.countersign_over(None, target, signing, replace)
    }

    /// The same for a delta, with the bundle that it builds on. What is signed is
    /// the whole: the signature counts for the delta and for what it makes.
    ///
    /// # Errors
    /// As [`Unverified::countersign`], and a base that is not the delta's.
    pub fn countersign_delta(
        &self,
        base: &SignedBundle,
        target: &Path,
        signing: &Signing<'_>,
        replace: bool,
    ) -> Result<Written, BundleError> {
        self.countersign_over(Some(base), target, signing, replace)
    }

    fn countersign_over(
        &self,
        base: Option<&SignedBundle>,
        target: &Path,
        signing: &Signing<'_>,
        replace: bool,
    ) -> Result<Written, BundleError> {
        let id: KeyId = signing.signer.public_key().id();
        let mut envelopes = BTreeMap::new();
        if self.entries(Section::Signature).next().is_some() {
            // To sign on top of a broken signature would only hide it from its maker.
            let verdict = self.signatures(&Trust::new(), jiff::Timestamp::UNIX_EPOCH)?;
            envelopes = crate::format::reader::read_envelopes(&self.envelopes(&verdict))?;
        } else if let Some(entry) = self.entries(Section::Statement).next() {
            // A statement without its signer's signature is nobody's.
            return Err(SignatureError::Uncovered { entry: entry.meta.name.clone() }.into());
        }
        self.account(base)?;
        if envelopes.contains_key(&names::signature_name(&id)) {
            if !replace {
                return Err(SignatureError::AlreadySigned { key: id }.into());
            }
            envelopes.retain(|name, _| {
                let statement = names::parse_statement_name(name).map(|(_, key)| key);
                names::parse_signature_name(name).or(statement) != Some(id)
            });
        }
        let mut evidence = BTreeMap::new();
        for entry in self.entries(Section::Evidence) {
            let name = &entry.meta.name;
            let bytes = self.container.read_whole(entry).map_err(BundleError::read(name))?;
            evidence.insert(name.clone(), Sha256::of(&bytes));
        }
        let manifest = self.manifest_sha256();
        sign(&mut envelopes, manifest, &evidence, signing)?;

        let mut out = Output::create(target)?;
        let fail = |source: io::Error| BundleError::Write { path: target.display().to_string(), source };
        let mut buffer = vec![0; crate::format::content::BUFFER];
        for entry in &self.container.entries {
            let section = Section::of(&entry.meta.name);
            if matches!(section, Some(Section::Statement | Section::Signature)) {
                break;
            }
            out.metas.push((out.at, entry.meta.clone()));
            out.at = entry.start + entry.meta.size;
        }
        let mut done = 0;
        while done < out.at {
            let want = buffer.len().min(usize::try_from(out.at - done).unwrap_or(usize::MAX));
            let part = &mut buffer[..want];
            self.container.source.read_exact_at(part, done).map_err(BundleError::read(names::MANIFEST))?;
            crate::positioned::write_all_at(out.file(), part, done).map_err(fail)?;
            done += want as u64;
        }
        out.complete(&envelopes, manifest)
    }
}
