//! The files of a module zip, collected.

use airgo_gomod::modzip::Sink;
use std::convert::Infallible;

/// Takes the names and contents of a walk, in its order.
#[derive(Debug, Default)]
pub struct ZipFiles(pub Vec<(String, Vec<u8>)>);

impl Sink for ZipFiles {
    type Error = Infallible;

    fn start(&mut self, name: &str, _: u64) -> Result<(), Infallible> {
        self.0.push((name.to_owned(), Vec::new()));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.last_mut().unwrap().1.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
