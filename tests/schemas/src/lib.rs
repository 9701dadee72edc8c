//! The JSON Schemas in `docs/schemas`, made from the types that write and read
//! the documents. They are a library of their own, with the feature `schema` of
//! the crates that have the types, so that nothing of it is in the binary.

use airgo_app::documents as app;
use airgo_author::golden::{GOLDEN_SCHEMA, Golden};
use airgo_bundle::predicate::{Completeness, Inputs, PolicyVerdict, Provenance, SumdbEvidence};
use airgo_bundle::{
    Base, DELTA_SCHEMA, LAST_SEEN_SCHEMA, Manifest, REPAIR_REQUEST_SCHEMA, REPAIR_REQUEST_SCHEMA_2,
    RepairRequest, TRUST_SCHEMA, VOLUME_SCHEMA, VolumeHeader, manifest, schema,
};
use airgo_modcache::{EXACT_CACHE_SCHEMA, ExactCache};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// Where the committed schemas are, below the root of the repository.
pub const DIRECTORY: &str = "docs/schemas";

/// What kind of document it is, on which depends who writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a command prints with `--json`: members may be added to it.
    Output,
    /// A JSON file of airgo's: a member that is not known is refused.
    File,
    /// A TOML file that people write: a member that is not known is refused.
    Toml,
}

/// A document with a schema.
pub struct Document {
    /// `NAME.vN`, as the file is called.
    pub name: &'static str,
    /// The values of its `schema` member, where the type does not have them; none
    /// where it has no such member.
    pub ids: &'static [&'static str],
    /// What it is.
    pub kind: Kind,
    make: fn(SchemaGenerator) -> Schema,
}

/// All of them, by name within each kind.
pub fn documents() -> Vec<Document> {
    let output = |name, make| Document { name, ids: &[], kind: Kind::Output, make };
    let file = |name, ids, make| Document { name, ids, kind: Kind::File, make };
    vec![
        output("bundle-key.v1", of::<app::BundleKey<'static>>),
        output("cache.v1", of::<app::CacheShow>),
        output("cache-clear.v1", of::<app::CacheClear>),
        output("cache-trim.v1", of::<app::CacheTrim>),
        output("cache-verify.v1", of::<app::CacheVerify>),
        output("check.v1", of::<app::Completeness<'static>>),
        output("diff.v1", of::<app::Diff<'static>>),
        output("doctor.v1", of::<app::Doctor<'static>>),
        output("error.v1", of::<app::Error<'static>>),
        output("image.v1", of::<app::Image<'static>>),
        output("exec.v1", of::<app::Exec<'static>>),
        output("inspect.v1", of::<app::Inspect<'static>>),
        output("key.v1", of::<app::Key>),
        output("keygen.v1", of::<app::Keygen>),
        output("pack.v1", of::<app::Pack<'static>>),
        output("plugin-bench.v1", of::<app::PluginBench<'static>>),
        output("plugin-build.v1", of::<app::PluginBuild<'static>>),
        output("plugin-compile.v1", of::<app::PluginCompile<'static>>),
        output("plugin-inspect.v1", of::<app::PluginInspect<'static>>),
        output("plugin-new.v1", of::<app::PluginNew<'static>>),
        output("plugin-test.v1", of::<app::PluginTest>),
        output("policy.v1", of::<app::Policy<'static>>),
        output("convert.v1", of::<app::Convert>),
        output("repair.v1", of::<app::Repair>),
        output("resend.v1", of::<app::Resend>),
        output("resolve.v1", of::<Resolved>),
        output("sign.v1", of::<Signed>),
        output("env.v1", of::<app::Env>),
        output("unpack.v1", of::<app::Unpack<'static>>),
        output("vendor.v1", of::<app::Vendor<'static>>),
        output("verify.v1", of::<app::Verify>),
        output("version.v1", of::<app::Version>),
        output("vulndb.v1", of::<app::Vulndb<'static>>),
        output("why.v1", of::<app::Why<'static>>),
        file("bundle.v3", &[manifest::SCHEMA, manifest::SCHEMA_2, manifest::SCHEMA_3], of::<Manifest>),
        file("completeness.v1", &[], of::<Completeness>),
        file("delta.v1", &[DELTA_SCHEMA], of::<Base>),
        file("exact-cache.v1", &[EXACT_CACHE_SCHEMA], of::<ExactCache>),
        file("inputs.v1", &[], of::<Inputs>),
        file("last-seen.v1", &[LAST_SEEN_SCHEMA], schema::last_seen),
        file("plugin-findings.v1", &[GOLDEN_SCHEMA], of::<Golden>),
        file("provenance.v1", &[], of::<Provenance>),
        file("repair-request.v2", &[REPAIR_REQUEST_SCHEMA, REPAIR_REQUEST_SCHEMA_2], of::<RepairRequest>),
        file("sumdb.v1", &[], of::<SumdbEvidence>),
        file("verdict.v1", &[], of::<PolicyVerdict>),
        file("volume.v1", &[VOLUME_SCHEMA], of::<VolumeHeader>),
        Document { name: "trust.v1", ids: &[TRUST_SCHEMA], kind: Kind::Toml, make: schema::trust_file },
    ]
}

/// The document of `airgo resolve`, whose lists are made as they are written.
type Resolved = app::Resolve<Vec<[String; 2]>, Vec<app::ResolvedModule<'static>>>;

/// The document of `airgo sign`: a signature in the bundle, or one beside a file.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Signed {
    Added(app::Sign),
    Detached(app::SignDetached),
}

fn of<T: JsonSchema>(generator: SchemaGenerator) -> Schema {
    generator.into_root_schema_for::<T>()
}

impl Document {
    /// The text of the schema's file.
    ///
    /// # Errors
    /// A schema that cannot be written as JSON.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let settings = SchemaSettings::draft2020_12();
        let settings = match self.kind {
            Kind::Output | Kind::File => settings.for_serialize(),
            Kind::Toml => settings.for_deserialize(),
        };
        let mut schema = (self.make)(settings.into_generator()).to_value();
        self.finish(&mut schema);
        if let Some(root) = schema.as_object_mut() {
            root.insert("$id".to_owned(), format!("https://airgo.dev/schemas/{}.json", self.name).into());
            root.insert("title".to_owned(), self.name.into());
            let member = root.get_mut("properties").and_then(|p| p.get_mut("schema"));
            if let (Some(member), false) = (member, self.ids.is_empty()) {
                *member = match self.ids {
                    [one] => json!({ "const": one }),
                    several => json!({ "enum": several }),
                };
            }
        }
        Ok(format!("{}\n", serde_json::to_string_pretty(&schema)?))
    }

    /// What the types do not say: which members may be added, and that a member
    /// that need not be there is never null. The descriptions are the types'
    /// comments, without Rust's links.
    fn finish(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                if self.kind == Kind::Output
                    && object.get("additionalProperties") == Some(&Value::Bool(false))
                {
                    object.remove("additionalProperties");
                }
                without_null(object);
                if let Some(Value::String(text)) = object.get_mut("description") {
                    *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
                }
                object.values_mut().for_each(|inner| self.finish(inner));
            }
            Value::Array(items) => items.iter_mut().for_each(|inner| self.finish(inner)),
            _ => {}
        }
    }
}

/// Takes null from the members of an object that are not required.
fn without_null(object: &mut Map<String, Value>) {
    let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(members)) = object.get_mut("properties") else { return };
    for (name, member) in members {
        let Some(member) = member.as_object_mut().filter(|_| !required.contains(&name.as_str().into()))
        else {
            continue;
        };
        if let Some(Value::Array(types)) = member.get_mut("type") {
            types.retain(|one| one != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                member.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(kinds)) = member.get_mut("anyOf") {
            kinds.retain(|one| one != &json!({ "type": "null" }));
            if let [Value::Object(one)] = kinds.as_slice() {
                let one = one.clone();
                member.remove("anyOf");
                member.extend(one);
            }
        }
    }
}
