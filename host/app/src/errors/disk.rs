//! What helps where a file of this machine cannot be used: by what the system
//! says, since a full disk, a read-only one and a missing right want different
//! things.

use crate::failure::Failure;
use airgo_model::Line;
use airgo_model::io_cause::IoCause;
use std::io;

/// The failure to write `what`; `instead` names another place, such as
/// `name another file: -o FILE`.
pub fn unwritable(what: &str, error: &io::Error, instead: &str) -> Failure {
    let mut failure = Failure::failed(format!("could not write {what}: {error}"));
    failure.hints.extend(write_hint(error, instead).map(Line::from));
    failure
}

/// What helps against an error of writing.
pub fn write_hint(error: &io::Error, instead: &str) -> Option<String> {
    match IoCause::of(error) {
        IoCause::Full => Some(format!("free some space, or {instead}")),
        IoCause::Missing => Some(format!("make the directory first, or {instead}")),
        IoCause::ReadOnly | IoCause::Denied | IoCause::NotADirectory | IoCause::NameTooLong => {
            Some(instead.to_owned())
        }
        _ => read_hint(error),
    }
}

/// What helps against an error of reading.
pub fn read_hint(error: &io::Error) -> Option<String> {
    (IoCause::of(error) == IoCause::OpenFiles)
        .then(|| "raise the limit of open files: ulimit -n 4096".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_of_a_failed_write_has_its_hint() {
        for (kind, wanted) in [
            (io::ErrorKind::StorageFull, Some("free some space, or name another: -o FILE")),
            (io::ErrorKind::NotFound, Some("make the directory first, or name another: -o FILE")),
            (io::ErrorKind::ReadOnlyFilesystem, Some("name another: -o FILE")),
            (io::ErrorKind::PermissionDenied, Some("name another: -o FILE")),
            (io::ErrorKind::Other, None),
        ] {
            assert_eq!(write_hint(&kind.into(), "name another: -o FILE").as_deref(), wanted, "{kind:?}");
        }
        #[cfg(unix)]
        {
            let hint = write_hint(&io::Error::from_raw_os_error(24), "name another: -o FILE");
            assert_eq!(hint.as_deref(), Some("raise the limit of open files: ulimit -n 4096"));
        }
    }
}
