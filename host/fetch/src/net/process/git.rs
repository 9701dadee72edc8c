//! What git is run with.

use super::environment::Environment;

/// The environment for git: no other repository's variables, no traces, no
/// questions, English messages.
pub(crate) fn prepare(environment: &Environment) -> Environment {
    const REPOSITORY: &[&str] = &[
        "GIT_DIR",
        "GIT_COMMON_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE",
        "GIT_REPLACE_REF_BASE",
        "GIT_ATTR_SOURCE",
        "GIT_PREFIX",
        "GIT_CURL_VERBOSE",
        "LANGUAGE",
    ];
    let mut prepared = environment.without(|name| {
        REPOSITORY.contains(&name) || name.starts_with("GIT_TRACE") || name.ends_with("_PATHSPECS")
    });
    // As cmd/go modload/init.go does; whoever sets them means it.
    for (name, value) in [("GIT_TERMINAL_PROMPT", "0"), ("GCM_INTERACTIVE", "never")] {
        if prepared.get(name).is_none() {
            prepared.set(name, value);
        }
    }
    prepared.set("LC_ALL", "C");
    prepared.set("GIT_LITERAL_PATHSPECS", "1");
    prepared
}
