//! GOMODCACHE as the go command has it (cmd/go modfetch/cache.go and fetch.go): names,
//! locks, what is there already, and the order in which a module becomes visible.

pub(crate) mod existing;
pub(crate) mod list;
pub(crate) mod marker;
pub(crate) mod metadata;
pub(crate) mod place;
pub(crate) mod publish;
pub(crate) mod target;
pub(crate) mod verify;
