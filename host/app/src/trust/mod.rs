//! Who signs, whom this user trusts, and bundles opened under that trust.

pub mod keyring;
pub mod open;
pub mod signing;
