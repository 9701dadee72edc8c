//! Keys, what they sign, and whose signatures count. Knows no container and no
//! bundle: what is signed is a name and a digest.

pub(crate) mod allowed_signers;
pub mod detached;
pub mod dsse;
pub mod keys;
pub(crate) mod last_seen;
pub mod predicate;
pub(crate) mod refusal;
pub mod signature;
pub mod statement;
pub(crate) mod trust;
pub(crate) mod trust_file;
