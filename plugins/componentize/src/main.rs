//! `componentize IN.wasm OUT.wasm`: wraps a core module, whose custom sections
//! say what it imports and exports, into a component. What `wasm-tools
//! component new` does, so that building the plugins needs no such tool.
//!
//! `componentize --bindings PLUGINS`: writes the SDK's bindings to the interface.

mod bindings;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use wit_component::ComponentEncoder;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let (Some(input), Some(output), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: componentize IN.wasm OUT.wasm\n       componentize --bindings PLUGINS");
        return ExitCode::from(2);
    };
    let run = || -> Result<(), Box<dyn Error>> {
        if input == "--bindings" {
            return bindings::write(Path::new(&output));
        }
        let module = std::fs::read(&input)?;
        let component = ComponentEncoder::default().module(&module)?.validate(true).encode()?;
        std::fs::write(&output, component)?;
        Ok(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: {}: {err:#}", input.display());
            ExitCode::FAILURE
        }
    }
}
