//! What of the machine stands behind an input or output error.

use std::io;

/// What of the machine an input or output error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IoCause {
    /// The disk is full, or this user's part of it.
    Full,
    /// The file system takes no changes.
    ReadOnly,
    /// No permission.
    Denied,
    /// No such file or directory.
    Missing,
    /// A file is where a directory must be.
    NotADirectory,
    /// What is to be renamed is on another file system.
    AcrossFileSystems,
    /// Something of that name is there.
    Exists,
    /// A name or path longer than the system takes.
    NameTooLong,
    /// The process has as many files open as it may.
    OpenFiles,
    /// Anything else.
    Other,
}

impl IoCause {
    /// What this error is about.
    pub fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::NotADirectory => Self::NotADirectory,
            io::ErrorKind::CrossesDevices => Self::AcrossFileSystems,
            io::ErrorKind::AlreadyExists => Self::Exists,
            io::ErrorKind::InvalidFilename => Self::NameTooLong,
            _ if is_out_of_files(error) => Self::OpenFiles,
            _ => Self::Other,
        }
    }
}

/// EMFILE and ENFILE, which have no kind of their own.
fn is_out_of_files(error: &io::Error) -> bool {
    let codes: &[i32] = if cfg!(windows) { &[4, 10024] } else { &[23, 24] };
    match error.raw_os_error() {
        Some(code) => codes.contains(&code),
        // An error with a path around it, as tempfile gives, has the code in its text alone.
        None => {
            let text = error.to_string();
            codes.iter().any(|code| text.contains(&format!("(os error {code})")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn errors_of_the_machine() {
        for (code, wanted) in [
            (24, IoCause::OpenFiles),
            (23, IoCause::OpenFiles),
            (28, IoCause::Full),
            (30, IoCause::ReadOnly),
            (13, IoCause::Denied),
            (2, IoCause::Missing),
            (20, IoCause::NotADirectory),
            (18, IoCause::AcrossFileSystems),
            (17, IoCause::Exists),
            (5, IoCause::Other),
        ] {
            assert_eq!(IoCause::of(&io::Error::from_raw_os_error(code)), wanted, "{code}");
        }
        let wrapped = io::Error::other("Too many open files (os error 24) at path \"/tmp/x\"");
        assert_eq!(IoCause::of(&wrapped), IoCause::OpenFiles);
    }
}
