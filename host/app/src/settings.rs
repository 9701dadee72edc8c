//! Every setting that airgo reads from the environment and from Go's files, each
//! with its form: what of it may be shown. The one list of them: [`GoEnv`] takes
//! no other, and the tests plant a secret into each.
//!
//! [`GoEnv`]: crate::goenv::GoEnv

use airgo_gomod::Setting;
use airgo_gomod::setting::Form;

/// A setting that airgo knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The variable's name.
    pub name: &'static str,
    /// What it is made of.
    pub form: Form,
}

impl Known {
    /// This setting with a value.
    pub fn of(self, value: impl Into<String>) -> Setting {
        Setting::new(self.form, value)
    }
}

macro_rules! settings {
    ($($form:ident: $($name:ident)*;)*) => {
        $($(
            #[allow(non_upper_case_globals, reason = "spelt as the system has it")]
            #[doc = concat!("The setting `", stringify!($name), "`.")]
            pub const $name: Known = Known { name: stringify!($name), form: Form::$form };
        )*)*

        /// All of them.
        pub const ALL: &[Known] = &[$($($name),*),*];
    };
}

settings! {
    Addresses: GOPROXY HTTP_PROXY HTTPS_PROXY ALL_PROXY GOVULNDB;
    Database: GOSUMDB;
    Words: GOPRIVATE GONOPROXY GONOSUMDB GOINSECURE GOVCS GOTOOLCHAIN NO_PROXY REQUEST_METHOD
        GIT_ALLOW_PROTOCOL GIT_TERMINAL_PROMPT GCM_INTERACTIVE GIT_CONFIG_COUNT GIT_HTTP_LOW_SPEED_LIMIT
        GIT_HTTP_LOW_SPEED_TIME LC_ALL NO_COLOR CLICOLOR CLICOLOR_FORCE TERM CGO_ENABLED GOOS GOARCH
        SOURCE_DATE_EPOCH;
    Command: GOFLAGS GOAUTH GIT_SSH GIT_SSH_COMMAND;
    Plain: GOENV GOROOT GOPATH GOMODCACHE GOWORK NETRC HOME USERPROFILE LocalAppData AppData XDG_CACHE_HOME
        XDG_CONFIG_HOME PATH SSL_CERT_FILE SSL_CERT_DIR CARGO_HOME AIRGO_CACHE AIRGO_KEY AIRGO_TRUST
        AIRGO_LAST_SEEN GITHUB_WORKFLOW_REF GITHUB_REPOSITORY GITHUB_RUN_ID;
    Link: GITHUB_SERVER_URL CI_SERVER_URL CI_JOB_URL;
    Hidden: AIRGO_KEY_PASSPHRASE;
}
