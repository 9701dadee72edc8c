//! One more signature on a bundle that exists.

use super::names::{self, Section};
use super::output::{Output, Written};
use super::reader::{SignedBundle, Unverified};
use crate::attest::claims::Signing;
use crate::attest::keys::KeyId;
use crate::attest::sign::sign;
use crate::attest::signature_error::SignatureError;
use crate::attest::trust::Trust;
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::{positioned, progress};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

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
            let signers = self.signatures(&Trust::new(), jiff::Timestamp::UNIX_EPOCH)?;
            envelopes = crate::format::reader::read_envelopes(&self.envelopes(&signers))?;
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
        let mut buffer = vec![0; progress::BUFFER];
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
            positioned::write_all_at(out.file(), part, done).map_err(fail)?;
            done += want as u64;
        }
        out.complete(&envelopes, manifest)
    }
}
