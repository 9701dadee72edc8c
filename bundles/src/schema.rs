//! JSON Schemas of documents whose types are not public, for `tests/schemas`.

use crate::attest::{last_seen, trust_file};
use schemars::{Schema, SchemaGenerator};

/// Of a trust file.
pub fn trust_file(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<trust_file::File>()
}

/// Of a record of the bundles that were unpacked.
pub fn last_seen(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<last_seen::Record>()
}
