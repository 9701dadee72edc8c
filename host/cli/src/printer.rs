//! The only place that writes to the terminal: data on stdout; status, errors
//! and hints on stderr.

use crate::allocator;
use crate::document;

use crate::exit::Exit;
use crate::findings::WorkflowCommands;
use crate::page::Page;
use crate::progress::{Bar, without_bar};
use crate::usage;
use airgo_app::documents;
use airgo_app::{Events, Failure, FailureKind, Meter, Result};
use airgo_model::{Line, Message, escape};
use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the global flags ask of the output.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    quiet: bool,
    verbose: bool,
    json: bool,
}

/// Whether stdout has the document of this run: then an error adds none.
static DOCUMENTED: AtomicBool = AtomicBool::new(false);
/// Whether the reader of stdout went away (`airgo inspect … | head`), which is
/// not an error.
static READER_GONE: AtomicBool = AtomicBool::new(false);

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const STATUS: Style = AnsiColor::Green.on_default().bold();

impl Printer {
    /// `json` prints one document on stdout in place of text.
    pub fn new(quiet: bool, verbose: bool, json: bool, color: ColorChoice) -> Self {
        color.write_global();
        if json {
            allocator::document_failures();
        }
        Self { quiet, verbose, json }
    }

    /// Whether `--json` was given.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether `-q` was given.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether `-v` was given.
    pub fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// The columns of the terminal that stdout is; `None` where it is not one.
    pub fn width(&self) -> Option<usize> {
        let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
        Some(usize::from(width.0).max(40))
    }

    /// Whether progress bars have a terminal to live on.
    pub fn bars(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether plain progress lines are wanted (no terminal, not quiet).
    pub fn lines(&self) -> bool {
        !self.quiet && !io::stderr().is_terminal()
    }

    /// Writes text for people to stdout.
    pub fn page(&self, page: &Page) -> Result<()> {
        self.data(page.as_str().as_bytes())
    }

    /// Writes commands of GitHub Actions, one a line, to stdout.
    pub fn commands(&self, commands: &WorkflowCommands) -> Result<()> {
        self.data(commands.as_str().as_bytes())
    }

    /// Writes data to stdout as it is: what airgo makes itself, such as keys and
    /// completion scripts. Untrusted text is not in it.
    pub fn data(&self, bytes: &[u8]) -> Result<()> {
        allocator::stdout_begins();
        without_bar(|| {
            let mut out = anstream::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush()).map_err(stdout_failure)
        })
    }

    /// Writes the one JSON document of a run.
    pub fn document<T: Serialize + ?Sized>(&self, value: &T) -> Result<()> {
        DOCUMENTED.store(true, Ordering::Relaxed);
        without_bar(|| document::write(Begins(anstream::stdout().lock()), value).map_err(stdout_failure))
    }

    /// `Resolved 227 modules in 0.8s`: a verb in the past and what was done.
    pub fn status(&self, verb: &'static str, rest: impl Into<Line>) {
        if !self.quiet {
            let rest = rest.into();
            let _ = without_bar(|| writeln!(anstream::stderr(), "{STATUS}{verb}{STATUS:#} {rest}"));
        }
    }

    /// A detail that only `-v` shows.
    pub fn detail(&self, text: impl Into<Line>) {
        if self.verbose {
            let text = text.into();
            let _ = without_bar(|| writeln!(anstream::stderr(), "  {}", text.opening()));
        }
    }

    /// A warning; shown even with `-q`, as in cargo.
    pub fn warning(&self, text: impl Into<Message>) {
        let text = text.into();
        let _ = without_bar(|| writeln!(anstream::stderr(), "{WARNING}warning{WARNING:#}: {text}"));
    }

    /// What to do about a warning.
    pub fn hint(&self, text: impl Into<Line>) {
        if !self.quiet {
            let text = text.into();
            let _ = without_bar(|| writeln!(anstream::stderr(), "{HINT}hint{HINT:#}: {text}"));
        }
    }

    /// Prints a failure where it belongs and gives the exit code.
    pub fn failure(&self, failure: &Failure) -> Exit {
        if READER_GONE.load(Ordering::Relaxed) {
            return Exit::Done;
        }
        if self.json && !DOCUMENTED.load(Ordering::Relaxed) {
            let _ = self.document(&documents::Error::new(failure));
        }
        without_bar(|| {
            let mut err = anstream::stderr().lock();
            let _ = writeln!(err, "{ERROR}error{ERROR:#}: {}", failure.text());
            if !failure.hints.is_empty() {
                let _ = writeln!(err);
            }
            for hint in &failure.hints {
                let _ = writeln!(err, "{HINT}hint{HINT:#}: {hint}");
            }
        });
        Exit::Failed(failure.kind)
    }
}

impl Events for Printer {
    fn status(&self, verb: &'static str, rest: &Line) {
        Self::status(self, verb, rest.clone());
    }

    fn detail(&self, text: &Line) {
        Self::detail(self, text.clone());
    }

    fn warning(&self, text: &Message) {
        Self::warning(self, text.clone());
    }

    fn hint(&self, text: &Line) {
        Self::hint(self, text.clone());
    }

    fn progress(&self, verb: &'static str, noun: &'static str, total: u64) -> Box<dyn Meter> {
        Box::new(Bar::new(self, verb, noun, total))
    }
}

/// Says that stdout begins once it does: until then a failure can be its document.
struct Begins<W>(W);

impl<W: io::Write> io::Write for Begins<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        allocator::stdout_begins();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Prints help or version, or what is wrong with a command line, which may
/// quote it.
pub fn command_line(error: &clap::Error) -> Exit {
    // Help and version count as done; a reader that left is not an error.
    let text = error.render().ansi().to_string();
    let text = escape::printable(&text);
    if error.use_stderr() {
        // What was typed may be an address with a login.
        let text = usage::disguised(error, &text);
        let _ = write!(anstream::stderr(), "{text}");
        Exit::Failed(FailureKind::Usage)
    } else {
        let _ = write!(anstream::stdout(), "{text}");
        Exit::Done
    }
}

fn stdout_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        READER_GONE.store(true, Ordering::Relaxed);
    }
    Failure::failed(format!("could not write to stdout: {error}"))
}
