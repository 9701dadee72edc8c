//! Convert: the same modules in another encoding of the payload, signed anew.

mod source;

use crate::Context;
use crate::collect::payload::Payload;
use crate::collect::payload::source::Source as _;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::quantity::{bytes, count};
use crate::requests::{self, SignWith, TrustFiles};
use crate::trust::open::{self, bundle_failure};
use crate::trust::signing;
use crate::unpack_exact::{self, ExactPart};
use airgo_bundle::manifest::{Encoding, Payload as Stated};
use airgo_bundle::predicate::{Completeness, PolicyVerdict, Predicate, Provenance, SumdbEvidence};
use airgo_bundle::{
    BundleWriter, Manifest, NewStatement, Object, ObjectKind, ObjectSource, Sha256, SignedBundle, Signing,
};
use airgo_gomod::gosource::Platform;
use source::Modules;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What to convert, and into what.
#[derive(Clone, Debug)]
pub struct ConvertRequest {
    /// The bundle; one volume is enough for those beside it.
    pub files: Vec<PathBuf>,
    /// The bundle to write.
    pub output: PathBuf,
    /// How it stores the files of modules.
    pub payload: requests::Payload,
    /// For [`requests::Payload::Exact`] the checkouts whose builds are to be enough; one
    /// at least.
    pub dirs: Vec<PathBuf>,
    /// Who signs.
    pub signer: SignWith,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
}

/// A bundle that was converted.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The digest of what the bundle holds: that of the old one.
    pub content_id: String,
    /// The new encoding.
    pub encoding: Encoding,
    /// The digest of the new manifest, which the signature is over.
    pub manifest_sha256: Sha256,
    /// The id of the key that signed.
    pub key_id: String,
    /// Bytes of the bundle.
    pub size: u64,
}

/// Writes the modules of a verified bundle in another encoding. What trusted signers
/// stated of the old bundle (policy, checksum database, provenance; completeness where
/// all files stay) is stated of the new one. Signatures are over the manifest, which is
/// another one: only the given key has signed it.
///
/// # Errors
/// The bundle does not verify, or does not carry what the new encoding needs. The file
/// that was to be written is as it was before.
pub fn convert(context: &Context, request: &ConvertRequest) -> Result<Converted> {
    run(context, request).map_err(|f| f.outcome(format!("{} was not written", shown(&request.output))))
}

fn run(context: &Context, request: &ConvertRequest) -> Result<Converted> {
    let key = signing::signer(context, &request.signer, true)?;
    let bundle = open::open_signed_files(context, &request.files, &request.trust)?;
    let dir = request.output.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    check(request, &bundle)?;
    let modules = Modules::of(&bundle, dir)?;
    let payload = match &request.payload {
        requests::Payload::Zips => Payload::of_zips(&modules)?.0,
        requests::Payload::Compact => Payload::compact(context, &modules, &request.output)?,
        requests::Payload::Exact(exact) => {
            let part = part(&bundle, &request.dirs, exact)?;
            let file = request.files.first().map_or(Path::new("FILE"), PathBuf::as_path);
            let chosen = unpack_exact::choose(context, &part, file, &bundle)?;
            Payload::of_parts(context, chosen.modules, &modules, &request.output)?
        }
    };
    let manifest = stated(bundle.manifest(), &payload)?;
    let mut writer = BundleWriter::create(&request.output, &manifest).map_err(|e| bundle_failure(&e))?;
    let watch = open::Watch::new(context, "Writing", "files", writer.objects().len() as u64);
    let source = Converting { bundle: &bundle, modules: &modules, payload: &payload };
    writer.write_objects(&source, open::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    for name in bundle.evidence() {
        let bytes = bundle.read_evidence(name).map_err(|e| bundle_failure(&e))?;
        writer.add_evidence(name, bytes).map_err(|e| bundle_failure(&e))?;
    }
    context.interrupt.check()?;
    let mut signing = Signing::new(&*key);
    signing.claims = signing::claims(&request.signer, "packer");
    let signers = bundle.signers();
    signing.claims.sequence = signing.claims.sequence.or(signers.sequence());
    signing.claims.expires = signing.claims.expires.or(signers.expires());
    signing.statements = statements(&bundle, payload.encoding)?;
    let written = writer.finish(&[signing]).map_err(|e| bundle_failure(&e))?;
    let key_id = key.public_key().id();
    context.status("Signed", format!("as {key_id}"));
    let lost = signers.trusted().filter(|signer| signer.key_id != key_id).count();
    if lost > 0 {
        context.warning(format!(
            "{} of the old manifest {} not of the new one",
            count(lost, "signature"),
            if lost == 1 { "is" } else { "are" }
        ));
        context.hint(format!("who has to approve it signs it: airgo sign {}", shown(&request.output)));
    }
    context.status(
        "Converted",
        format!("{} ({}, {})", shown(&request.output), bytes(written.size), payload.encoding.name()),
    );
    Ok(Converted {
        content_id: manifest.content_id,
        encoding: payload.encoding,
        manifest_sha256: written.manifest_sha256,
        key_id: key_id.to_string(),
        size: written.size,
    })
}

/// Refuses what cannot be made of the bundle.
fn check(request: &ConvertRequest, bundle: &SignedBundle) -> Result<()> {
    let old = bundle.manifest().payload.encoding;
    let new = match request.payload {
        requests::Payload::Zips => Encoding::GoproxyTree,
        requests::Payload::Compact => Encoding::Compact,
        requests::Payload::Exact(_) => Encoding::Exact,
    };
    let file = request.files.first().map(|file| shown(file)).unwrap_or_default();
    if old == new && new != Encoding::Exact {
        return Err(Failure::failed(format!("{file} has the encoding {} already", old.name())));
    }
    if old == Encoding::Exact && new != Encoding::Exact {
        let message =
            format!("{file} carries only what a build reads: the rest of its modules' files is not there");
        return Err(Failure::failed(message).hint("airgo pack makes a bundle with all files"));
    }
    if request.files.iter().any(|file| file == &request.output) {
        return Err(
            Failure::failed(format!("{file} is the bundle to be read")).hint("name another file: -o FILE")
        );
    }
    Ok(())
}

/// For what the checkouts' builds are selected: what the bundle was packed for.
fn part(bundle: &SignedBundle, dirs: &[PathBuf], exact: &requests::Exact) -> Result<ExactPart> {
    let manifest = bundle.manifest();
    let platforms = match manifest.platforms.as_slice() {
        [] => Platform::ports(),
        stated => stated
            .iter()
            .map(|text| {
                let unknown = || {
                    Failure::failed(format!(
                        "the bundle names the platform {text}, which Go does not build for"
                    ))
                };
                Platform::parse(text).ok_or_else(unknown)
            })
            .collect::<Result<_>>()?,
    };
    Ok(ExactPart { dirs: dirs.to_vec(), platforms, tags: manifest.build_tags.clone(), exact: exact.clone() })
}

/// The manifest with another payload.
fn stated(old: &Manifest, payload: &Payload) -> Result<Manifest> {
    let mut new = old.clone();
    new.payload = Stated { blocks: payload.blocks(), encoding: payload.encoding };
    for module in &mut new.modules {
        let of_files = module.stored_as().map(|stored| payload.of_module(&stored)).unwrap_or_default();
        (module.files, module.carried, module.encoder) = (of_files.files, of_files.carried, of_files.encoder);
    }
    let new = new.seal().map_err(|e| Failure::failed(format!("the manifest cannot be made: {e}")))?;
    if new.content_id != old.content_id {
        return Err(Failure::failed("the new bundle would not hold what the old one holds"));
    }
    Ok(new)
}

/// What trusted signers stated of the old bundle and holds of the new one.
fn statements(bundle: &SignedBundle, encoding: Encoding) -> Result<Vec<NewStatement>> {
    let mut found = Vec::new();
    again::<PolicyVerdict>(bundle, &mut found)?;
    again::<SumdbEvidence>(bundle, &mut found)?;
    if encoding != Encoding::Exact {
        // Of what a part suffices for, nobody has stated anything yet.
        again::<Completeness>(bundle, &mut found)?;
    }
    again::<Provenance>(bundle, &mut found)?;
    Ok(found)
}

fn again<P: Predicate>(bundle: &SignedBundle, into: &mut Vec<NewStatement>) -> Result<()> {
    let failed = |e: &dyn std::fmt::Display| Failure::failed(format!("a statement of the bundle: {e}"));
    let stated = bundle.signers().trusted_statements::<P>().map_err(|e| failed(&e))?;
    if let Some((_, first)) = stated.first() {
        into.push(NewStatement::of(first).map_err(|e| failed(&e))?);
    }
    Ok(())
}

/// The objects of the new bundle.
struct Converting<'a> {
    bundle: &'a SignedBundle,
    modules: &'a Modules<'a>,
    payload: &'a Payload,
}

impl ObjectSource for Converting<'_> {
    fn open(&self, object: &Object) -> io::Result<Box<dyn Read + Send + '_>> {
        if let Some(opened) = self.payload.open(object) {
            return opened;
        }
        if object.kind == ObjectKind::Zip {
            let zip = self.modules.open(&object.module);
            return zip.map_err(|failure| io::Error::other(failure.message.raw().to_owned()));
        }
        Ok(Box::new(self.bundle.content(&object.name).map_err(io::Error::other)?.checked()))
    }
}
