//! Deflate streams as Go's compress/flate writes them at level 5, which is the
//! level of archive/zip (archive/zip/register.go, newFlateWriter).

use crate::bits::Bits;
use crate::{go126, go127};

/// Which of Go's encoders made a zip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoder {
    /// compress/flate and archive/zip up to go1.26.
    Go126,
    /// compress/flate and archive/zip from go1.27 on.
    Go127,
}

impl Encoder {
    /// All of them, the older first.
    pub const ALL: [Self; 2] = [Self::Go126, Self::Go127];

    /// A short name, for files: `go1.26` or `go1.27`, the last or first version
    /// that has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Go126 => "go1.26",
            Self::Go127 => "go1.27",
        }
    }

    /// The encoder of this [`Encoder::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoder| encoder.name() == name)
    }
}

/// A deflate stream in the making.
///
/// It takes some 800 KiB, whatever the size of what is compressed, and can be
/// used for one stream after the other.
#[derive(Debug)]
pub struct Deflate {
    machine: Machine,
    bits: Bits,
}

#[derive(Debug)]
enum Machine {
    Go126(Box<go126::Encoder>),
    Go127(Box<go127::Encoder>),
}

impl Deflate {
    /// An encoder with nothing written yet.
    #[must_use]
    pub fn new(encoder: Encoder) -> Self {
        let machine = match encoder {
            Encoder::Go126 => Machine::Go126(Box::new(go126::Encoder::new())),
            Encoder::Go127 => Machine::Go127(Box::new(go127::Encoder::new())),
        };
        Self { machine, bits: Bits::default() }
    }

    /// Takes content. How it is cut into pieces makes no difference.
    pub fn write(&mut self, content: &[u8]) {
        match &mut self.machine {
            Machine::Go126(machine) => machine.write(content, &mut self.bits),
            Machine::Go127(machine) => machine.write(content, &mut self.bits),
        }
    }

    /// Ends the stream; what is written next begins another one.
    pub fn finish(&mut self) {
        match &mut self.machine {
            Machine::Go126(machine) => machine.finish(&mut self.bits),
            Machine::Go127(machine) => machine.finish(&mut self.bits),
        }
    }

    /// What has come out so far and was not taken away.
    pub fn output(&self) -> &[u8] {
        &self.bits.out
    }

    /// Where bytes between streams go.
    pub(crate) fn frame(&mut self) -> &mut Vec<u8> {
        &mut self.bits.out
    }

    /// Takes away all that has come out so far.
    pub fn take_output(&mut self) {
        self.bits.out.clear();
    }
}

/// The whole stream of this content.
#[must_use]
pub fn deflate(encoder: Encoder, content: &[u8]) -> Vec<u8> {
    let mut deflate = Deflate::new(encoder);
    deflate.write(content);
    deflate.finish();
    deflate.bits.out
}
