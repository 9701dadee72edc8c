//! What can go wrong with a checksum database: it cannot be read, it says
//! something else, or is false.

use crate::dirhash::H1;
use crate::gosum::Subject;
use crate::module::{ModuleError, ModuleVersion};
use crate::note::NoteError;
use crate::tlog::{Hash, TlogError};

/// No lookup of the batch can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum SumDbError<E> {
    /// The head of a log is not signed by the database.
    #[error("reading tree note: {0}")]
    Note(#[from] NoteError),
    /// The tiles do not fit the head.
    #[error("checking tree of {size} records: {fault}")]
    Tree {
        /// The head's size.
        size: u64,
        /// What does not fit.
        fault: TlogError,
    },
    /// A tile, or the head that is kept between runs, could not be read.
    #[error("{0}")]
    Read(E),
    /// The database shows different logs to different clients.
    #[error("checksum database misbehavior: its tree of {} records is not a part of that of {}", .0.older_size, .0.newer_size)]
    Fork(Box<Fork>),
}

/// The evidence that a database has forked its log: enough to convince others,
/// without asking it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The older signed head.
    pub older: Vec<u8>,
    /// How many records it has.
    pub older_size: u64,
    /// The newer signed head.
    pub newer: Vec<u8>,
    /// How many records it has.
    pub newer_size: u64,
    /// What the newer tree says the older one's hash is.
    pub older_hash_in_newer: Hash,
    /// The proof of that.
    pub proof: Vec<Hash>,
}

impl Fork {
    /// The report, in Go's form (x/mod/sumdb checkTrees).
    pub fn report(&self) -> String {
        let indent = |message: &[u8]| String::from_utf8_lossy(message).replace('\n', "\n\t");
        let proof: String = self.proof.iter().map(|hash| format!("\n\t{hash}")).collect();
        format!(
            "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\n\
             old database:\n\t{}\nnew database:\n\t{}\nproof of misbehavior:\n\t{}{proof}",
            indent(&self.older),
            indent(&self.newer),
            self.older_hash_in_newer,
        )
    }
}

/// One module could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookupError<E> {
    /// The module's path or version cannot be asked for.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The database has no record of it, or does not answer.
    #[error("{module}: {fault}")]
    Read {
        /// The module.
        module: ModuleVersion,
        /// What the reading said.
        fault: E,
    },
    /// The answer is not a record, or the record is outside of the log.
    #[error("{module}: {fault}")]
    Record {
        /// The module.
        module: ModuleVersion,
        /// What is wrong with it.
        fault: TlogError,
    },
    /// The answer's head is not signed by the database.
    #[error("{module}: reading tree note: {fault}")]
    Note {
        /// The module.
        module: ModuleVersion,
        /// What is wrong with it.
        fault: NoteError,
    },
    /// The record is not the one in the log.
    #[error("{0}: cannot authenticate record data in server response")]
    NotInLog(ModuleVersion),
}

/// The database has another hash than what was downloaded, or none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SumDbMismatch {
    /// Another hash.
    #[error("verifying {module}{}: checksum mismatch: downloaded {downloaded}, but {database} has {recorded}", noun(*subject))]
    Differs {
        /// The module.
        module: ModuleVersion,
        /// What was hashed.
        subject: Subject,
        /// The hash of what was downloaded.
        downloaded: H1,
        /// The database's name.
        database: String,
        /// What it says.
        recorded: String,
    },
    /// No hash of the kind that was computed.
    #[error("verifying {module}{}: checksum missing from response of {database}", noun(*subject))]
    Missing {
        /// The module.
        module: ModuleVersion,
        /// What was hashed.
        subject: Subject,
        /// The database's name.
        database: String,
    },
}

fn noun(subject: Subject) -> &'static str {
    match subject {
        Subject::Zip => "",
        Subject::GoMod => "/go.mod",
    }
}
