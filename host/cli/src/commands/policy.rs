//! `airgo policy check`: runs the plugins over a bundle and prints findings.

use crate::Context;
use crate::args::PolicyCheck;
use crate::bundle_io;
use crate::failure::{Failure, Result};
use crate::judge;
use crate::view::View;
use std::path::Path;
use std::sync::Arc;

/// Judges a signed bundle by the caller's own policy.
pub fn check(context: &Context, args: &PolicyCheck) -> Result<()> {
    let policy = judge::load(context, args.policy.as_deref(), Path::new("."), args.at.as_deref())?;
    let bundle = Arc::new(bundle_io::open_signed(context, &args.file, &args.trust)?);
    let report = judge::evaluate(context, &policy, Arc::new(View::of_bundle(&bundle)))?;
    if context.printer.is_json() {
        let mut document = serde_json::to_value(&report).map_err(|e| Failure::failed(e.to_string()))?;
        if let Some(object) = document.as_object_mut() {
            object.insert("schema".to_owned(), "airgo.dev/policy/v1".into());
        }
        context.printer.document(&document)?;
    }
    context.printer.status("Judged", judge::summary(&report));
    Ok(())
}
