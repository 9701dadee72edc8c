//! The statements that follow from a bundle's contents, or are compared with them.

use super::manifest::Manifest;
use super::reader::SignedBundle;
use super::{names, objects};
use crate::attest::predicate::{
    BuildDefinition, Dependency, DependencyNotes, PACK_BUILD, PackParameters, PackSettings, Provenance,
    RunDetails, SumdbEvidence, evidence_digest,
};
use crate::error::{BundleError, ObjectError};
use airgo_gomod::ModuleVersion;
use std::collections::{BTreeMap, BTreeSet};

impl Provenance {
    /// The provenance of a manifest: every stored module with its digests, and
    /// what `fetched` knows of its way here, the location first. The caller
    /// strips user names and passwords from addresses.
    pub fn of(
        manifest: &Manifest,
        settings: PackSettings,
        run: RunDetails,
        fetched: &dyn Fn(&ModuleVersion) -> (Option<String>, DependencyNotes),
    ) -> Self {
        let mut dependencies = BTreeMap::new();
        for module in &manifest.modules {
            let Some(stored) = module.stored_as() else { continue };
            let Some(best) = module.zip.or(module.go_mod) else { continue };
            let hex: String = best.h1.0.iter().map(|b| format!("{b:02x}")).collect();
            let (download_location, annotations) = fetched(&stored);
            let uri = objects::package_url(&stored);
            let digest =
                BTreeMap::from([("dirHash".to_owned(), hex), ("sha256".to_owned(), best.sha256.to_string())]);
            let name = stored.to_string();
            let dependency = Dependency { annotations, digest, download_location, name, uri: uri.clone() };
            dependencies.insert(uri, dependency);
        }
        let mains: BTreeSet<String> = manifest.main_modules.iter().map(|m| m.path.clone()).collect();
        Self {
            build_definition: BuildDefinition {
                build_type: PACK_BUILD.to_owned(),
                external_parameters: PackParameters {
                    build_tags: manifest.build_tags.clone(),
                    main_modules: mains.into_iter().collect(),
                    platforms: manifest.platforms.clone(),
                    scope: manifest.scope.to_string(),
                },
                internal_parameters: settings,
                resolved_dependencies: dependencies.into_values().collect(),
            },
            run_details: run,
        }
    }
}

impl SumdbEvidence {
    /// Whether the bundle carries exactly the evidence that this speaks of.
    ///
    /// # Errors
    /// Another digest over the evidence than this states.
    pub fn demand(&self, bundle: &SignedBundle) -> Result<(), BundleError> {
        let actual = evidence_digest(&bundle.signers().evidence);
        if actual == self.evidence_sha256 {
            return Ok(());
        }
        let name = names::EVIDENCE.to_owned();
        Err(ObjectError::Checksum { name, expected: self.evidence_sha256, actual }.into())
    }
}
