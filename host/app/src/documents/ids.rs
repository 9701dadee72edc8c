//! The values of the member `schema`: each is a type, so that a document cannot
//! have that of another.

use serde::{Serialize, Serializer};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $name {
            /// What is printed.
            pub const ID: &'static str = $id;
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($id)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                $id.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "const": $id })
            }
        }
    )*};
}

ids! {
    /// Of `airgo cache clear`.
    CacheClearV1 = "airgo.dev/cache-clear/v1";
    /// Of `airgo cache trim`.
    CacheTrimV1 = "airgo.dev/cache-trim/v1";
    /// Of `airgo cache show`.
    CacheV1 = "airgo.dev/cache/v1";
    /// Of `airgo cache verify`.
    CacheVerifyV1 = "airgo.dev/cache-verify/v1";
    /// Of `airgo check`.
    CheckV1 = "airgo.dev/check/v1";
    /// Of `airgo diff`.
    DiffV1 = "airgo.dev/diff/v1";
    /// Of `airgo doctor`.
    DoctorV1 = "airgo.dev/doctor/v1";
    /// Of `airgo exec`.
    ExecV1 = "airgo.dev/exec/v1";
    /// Of `airgo env`.
    EnvV1 = "airgo.dev/env/v1";
    /// Of any command that fails.
    ErrorV1 = "airgo.dev/error/v1";
    /// Of `airgo inspect`.
    InspectV1 = "airgo.dev/inspect/v1";
    /// Of `airgo key`.
    BundleKeyV1 = "airgo.dev/bundle-key/v1";
    /// Of `airgo key show`.
    KeyV1 = "airgo.dev/key/v1";
    /// Of `airgo keygen`.
    KeygenV1 = "airgo.dev/keygen/v1";
    /// Of `airgo pack`.
    PackV1 = "airgo.dev/pack/v1";
    /// Of `airgo plugin bench`.
    PluginBenchV1 = "airgo.dev/plugin-bench/v1";
    /// Of `airgo plugin build`.
    PluginBuildV1 = "airgo.dev/plugin-build/v1";
    /// Of `airgo plugin compile`.
    PluginCompileV1 = "airgo.dev/plugin-compile/v1";
    /// Of `airgo plugin inspect`.
    PluginInspectV1 = "airgo.dev/plugin-inspect/v1";
    /// Of `airgo plugin new`.
    PluginNewV1 = "airgo.dev/plugin-new/v1";
    /// Of `airgo plugin test`.
    PluginTestV1 = "airgo.dev/plugin-test/v1";
    /// Of `airgo policy check`.
    PolicyV1 = "airgo.dev/policy/v1";
    /// Of `airgo image`.
    ImageV1 = "airgo.dev/image/v1";
    /// Of `airgo convert`.
    ConvertV1 = "airgo.dev/convert/v1";
    /// Of `airgo repair`.
    RepairV1 = "airgo.dev/repair/v1";
    /// Of `airgo resend`.
    ResendV1 = "airgo.dev/resend/v1";
    /// Of `airgo resolve`.
    ResolveV1 = "airgo.dev/resolve/v1";
    /// Of `airgo sign`.
    SignV1 = "airgo.dev/sign/v1";
    /// Of `airgo unpack`.
    UnpackV1 = "airgo.dev/unpack/v1";
    /// Of `airgo vendor`.
    VendorV1 = "airgo.dev/vendor/v1";
    /// Of `airgo verify`.
    VerifyV1 = "airgo.dev/verify/v1";
    /// Of `airgo version`.
    VersionV1 = "airgo.dev/version/v1";
    /// Of `airgo vulndb import` and `info`.
    VulndbV1 = "airgo.dev/vulndb/v1";
    /// Of `airgo why`.
    WhyV1 = "airgo.dev/why/v1";
}
