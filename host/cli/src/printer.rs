//! The only place that writes to the terminal: data on stdout; status, errors
//! and hints on stderr.

use crate::document;
use crate::escape::{self, message};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::progress::without_bar;
use crate::usage;
use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, IsTerminal as _, Write as _};

/// What the global flags ask of the output.
#[derive(Clone, Copy, Debug)]
pub struct Printer {
    quiet: bool,
    verbose: bool,
    json: bool,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const STATUS: Style = AnsiColor::Green.on_default().bold();

impl Printer {
    /// `json` prints one document on stdout in place of text.
    pub fn new(quiet: bool, verbose: bool, json: bool, color: ColorChoice) -> Self {
        color.write_global();
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

    /// Writes text to stdout, whole lines; whatever else could move the cursor,
    /// deceive a reader or command a CI system is escaped.
    pub fn text(&self, text: &str) -> Result<()> {
        self.data(escape::printable(text).as_bytes())
    }

    /// Writes data to stdout as it is: nothing of it may be untrusted text that
    /// its format has not escaped.
    pub fn data(&self, bytes: &[u8]) -> Result<()> {
        without_bar(|| {
            let mut out = anstream::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush()).map_err(stdout_failure)
        })
    }

    /// Writes the one JSON document of a run.
    pub fn document<T: Serialize + ?Sized>(&self, value: &T) -> Result<()> {
        without_bar(|| document::write(anstream::stdout().lock(), value).map_err(stdout_failure))
    }

    /// `Resolved 227 modules in 0.8s`: a verb in the past and what was done.
    pub fn status(&self, verb: &str, rest: impl AsRef<str>) {
        if !self.quiet {
            let rest = message(rest.as_ref());
            let _ = without_bar(|| writeln!(anstream::stderr(), "{STATUS}{verb}{STATUS:#} {rest}"));
        }
    }

    /// A detail that only `-v` shows.
    pub fn detail(&self, text: impl AsRef<str>) {
        if self.verbose {
            let _ = without_bar(|| writeln!(anstream::stderr(), "  {}", message(text.as_ref())));
        }
    }

    /// A warning; shown even with `-q`, as in cargo.
    pub fn warning(&self, text: impl AsRef<str>) {
        let text = message(text.as_ref());
        let _ = without_bar(|| writeln!(anstream::stderr(), "{WARNING}warning{WARNING:#}: {text}"));
    }

    /// What to do about a warning.
    pub fn hint(&self, text: impl AsRef<str>) {
        if !self.quiet {
            let text = message(text.as_ref());
            let _ = without_bar(|| writeln!(anstream::stderr(), "{HINT}hint{HINT:#}: {text}"));
        }
    }

    /// Prints a failure where it belongs and gives the exit code.
    pub fn failure(&self, failure: &Failure) -> Exit {
        if failure.exit == Exit::Done {
            return Exit::Done;
        }
        if self.json && !failure.documented {
            let document = serde_json::json!({ "schema": "airgo.dev/error/v1", "error": failure.json() });
            let _ = self.document(&document);
        }
        without_bar(|| {
            let mut err = anstream::stderr().lock();
            let _ = writeln!(err, "{ERROR}error{ERROR:#}: {}", failure.text());
            if !failure.hints.is_empty() {
                let _ = writeln!(err);
            }
            for hint in &failure.hints {
                let _ = writeln!(err, "{HINT}hint{HINT:#}: {}", escape::foreign(hint));
            }
        });
        failure.exit
    }
}

/// Prints help or version, or what is wrong with a command line, which may
/// quote it.
pub fn command_line(error: &clap::Error) -> Exit {
    // Help and version count as done; a reader that left is no error.
    let text = error.render().ansi().to_string();
    let text = escape::printable(&text);
    if error.use_stderr() {
        // What was typed may be an address with a login.
        let text = usage::disguised(error, &text);
        let _ = write!(anstream::stderr(), "{text}");
        Exit::Usage
    } else {
        let _ = write!(anstream::stdout(), "{text}");
        Exit::Done
    }
}

/// A reader that went away (`airgo inspect … | head`) is no error.
fn stdout_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::new(Exit::Done, "")
    } else {
        Failure::failed(format!("could not write to stdout: {error}"))
    }
}

/// Bytes for people: `200.6 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `1 module`, `2 modules`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `1 module is`, `2 modules are`.
pub fn count_are(n: usize, noun: &str) -> String {
    format!("{} {}", count(n, noun), if n == 1 { "is" } else { "are" })
}

/// A duration as uv shows it: `84ms`, `0.8s`, `1m 04s`.
pub fn duration(d: std::time::Duration) -> String {
    let s = d.as_secs_f64();
    if s < 0.1 {
        format!("{}ms", d.as_millis())
    } else if s < 60.0 {
        format!("{s:.1}s")
    } else {
        format!("{}m {:02}s", d.as_secs() / 60, d.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn sizes_counts_and_durations_read_like_uv() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(210_344_346), "200.6 MiB");
        assert_eq!(count(1, "module"), "1 module");
        assert_eq!(count(0, "module"), "0 modules");
        assert_eq!(
            (count_are(1, "file"), count_are(2, "file")),
            ("1 file is".to_owned(), "2 files are".to_owned())
        );
        assert_eq!(duration(Duration::from_millis(84)), "84ms");
        assert_eq!(duration(Duration::from_millis(812)), "0.8s");
        assert_eq!(duration(Duration::from_secs(64)), "1m 04s");
    }
}
