//! Keys, what they sign, and whose signatures count. Knows no container and no
//! manifest: what is signed is a name and a digest.

pub(crate) mod allowed_signers;
pub(crate) mod assess;
pub(crate) mod claims;
pub(crate) mod demand;
pub mod detached;
pub mod dsse;
pub(crate) mod entries;
pub mod keys;
pub(crate) mod last_seen;
pub(crate) mod load;
pub mod predicate;
pub(crate) mod refusal;
pub(crate) mod sign;
pub(crate) mod signature_error;
pub(crate) mod signer;
pub mod statement;
pub(crate) mod trust;
pub(crate) mod trust_file;
pub(crate) mod trusted_key;
