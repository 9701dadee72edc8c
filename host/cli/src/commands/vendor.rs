//! `airgo vendor --check`: the request from the arguments, what differs as an error or a
//! document.

use crate::Context;
use crate::args::Vendor;
use airgo_app::Result;
use airgo_app::vendor::{VendorRequest, check};

/// Says whether a vendor directory is what go would write. The document is the same
/// whether it is or not.
pub fn run(context: &Context, args: &Vendor) -> Result<()> {
    let request = VendorRequest {
        dir: args.dir.clone(),
        bundle: args.bundle.clone(),
        trust: args.trust.request(),
        #[cfg(feature = "full")]
        network: args.network.request(),
    };
    let checked = check(context, &request)?;
    if context.printer.is_json() {
        context.printer.document(&checked.document())?;
    }
    checked.enforce()
}
