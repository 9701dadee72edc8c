//! What to do about a bundle that is refused for its signatures: the hint follows
//! from the cause, as the bundle crate gives it.

use crate::documents::{MissingRole, Refused, Signer};
use crate::failure::Failure;
use crate::paths::argument;
use airgo_bundle::{
    BundleError, BundleSigner, Cause, DeltaError, Lack, LastSeenError, SignatureError, VolumeError,
};
use std::path::Path;

/// What helps where volumes are missing.
pub const MISSING_VOLUMES: &str =
    "copy the missing volumes beside the others, or ask for them: airgo verify FILE --request need.json";

/// Adds what helps, and for machines the rule that refused.
pub fn advise(failure: Failure, error: &BundleError, file: Option<&Path>) -> Failure {
    let name = file.map_or_else(|| "FILE".to_owned(), argument);
    match error {
        BundleError::Base { path, source } => {
            let base = Path::new(path);
            advise(failure, source, Some(base))
        }
        BundleError::Signature(refused) => signature(failure, refused, &name),
        BundleError::LastSeen(seen) => last_seen(failure, seen),
        BundleError::Volume(volume) => match volume {
            VolumeError::Missing { .. } => failure.hint(MISSING_VOLUMES),
            VolumeError::Foreign { name: other, .. } => failure.hint(format!(
                "name the volumes of one bundle only; if {other} is left from an older one, remove it"
            )),
            VolumeError::Occupied(_) => failure.hint("move that file away, or name another bundle: -o FILE"),
            _ => failure,
        },
        BundleError::Delta(DeltaError::BaseMissing(_)) => {
            failure.hint("name the bundle that the delta builds on: --base OLD")
        }
        BundleError::Delta(DeltaError::OtherBase { .. }) => failure
            .hint("name another bundle with --base: the one that --since named when the delta was packed"),
        BundleError::Delta(DeltaError::NotADelta) => failure.hint("leave out --base: the bundle is whole"),
        _ => failure,
    }
}

fn signature(mut failure: Failure, refused: &SignatureError, file: &str) -> Failure {
    let causes = refused.causes();
    if failure.report.is_none() {
        let report = Refused {
            rule: refused.rule().to_owned(),
            signed_by: signers(refused),
            still_missing: causes.iter().filter_map(lack).map(missing_role).collect(),
        };
        failure.report = serde_json::to_value(report).ok();
    }
    for cause in &causes {
        failure = failure.hint(hint(cause, file));
    }
    failure
}

fn lack(cause: &Cause) -> Option<&Lack> {
    match cause {
        Cause::MissingRole(lack) => Some(lack),
        _ => None,
    }
}

/// A role in which signatures are missing, for `--json`.
pub fn missing_role(lack: &Lack) -> MissingRole {
    let Lack { role, wanted, found, place } = lack;
    MissingRole { role: role.clone(), rule: place.clone(), signed: *found, wanted: *wanted }
}

/// Who is to be asked for what; `file` is the bundle as an argument.
pub fn ask(lack: &Lack, file: &str) -> String {
    let Lack { role, .. } = lack;
    if role == airgo_bundle::PACKER {
        return format!(
            "ask a {role} whom the trust file names to pack it, or to sign it: airgo sign {file} --role {role} --key KEY"
        );
    }
    format!("ask a {role}: airgo sign {file} --role {role} --key KEY --trust TRUST.toml")
}

fn signers(refused: &SignatureError) -> Vec<Signer> {
    let (SignatureError::Untrusted { signers } | SignatureError::Threshold { signers, .. }) = refused else {
        return Vec::new();
    };
    let one = |s: &BundleSigner| Signer {
        key_id: s.key_id.to_string(),
        role: s.attestation.role.clone(),
        standing: s.status.to_string(),
    };
    signers.iter().map(one).collect()
}

fn hint(cause: &Cause, file: &str) -> String {
    match cause {
        Cause::Unsigned => "ask the sender for the signed bundle: airgo pack signs what it writes".to_owned(),
        Cause::UnknownSigner => format!(
            "if the signer is the sender, name the sender's public key: --trust SENDER.pub \
             (who signed: airgo inspect {file})"
        ),
        Cause::MissingRole(lack) => ask(lack, file),
        Cause::Expired(key) => format!(
            "ask {key} for a new signature: airgo sign {file} --key KEY --replace --expires 90d, in its old --role"
        ),
        Cause::Revoked(_) => {
            "do not use the bundle; ask for one that is signed with a key that is not revoked".to_owned()
        }
        Cause::NotYetValid(_) | Cause::NoLongerValid(_) => {
            "ask for a signature by a key that the trust file accepts today, or correct the key's dates there"
                .to_owned()
        }
        Cause::OtherRole(_) => format!(
            "ask for a signature in a role of the key: airgo sign {file} --role ROLE --key KEY --replace, \
             or give the key the role in the trust file"
        ),
        Cause::OtherModule(_) => {
            "ask a signer who may sign for this module, or add it to the key's modules in the trust file"
                .to_owned()
        }
        Cause::NoSequence => "ask for a bundle with a sequence: airgo pack --sequence N".to_owned(),
        Cause::NoExpiry => "ask for a signature with an expiry: --expires 90d".to_owned(),
        Cause::Sequences => "sign with the sequence of the bundle, or without --sequence".to_owned(),
        Cause::Uncovered => {
            format!("who signed for it is not trusted, or no longer: airgo inspect {file}")
        }
        Cause::AlreadySigned => "to replace your signature: --replace".to_owned(),
        _ => "the file is not as it was signed: copy it again; if it stays so, do not use it".to_owned(),
    }
}

fn last_seen(failure: Failure, error: &LastSeenError) -> Failure {
    match error {
        LastSeenError::Rollback { .. } | LastSeenError::Fork { .. } => {
            failure.hint("ask for the newest bundle; if this one is meant, remove its entry from the record")
        }
        LastSeenError::NoSequence { .. } => {
            failure.hint("ask for a bundle with a sequence: airgo pack --sequence N")
        }
        LastSeenError::Malformed { .. } => {
            failure.hint("restore the record from a copy; an empty one would accept old bundles")
        }
        LastSeenError::Io { .. } => failure,
    }
}
