//! Signing by a command: for keys that live in an HSM, an agent or a service.
//!
//! The protocol, normative in FORMAT.md: the command is run directly, never by
//! a shell, with the arguments given. Standard input holds the exact bytes to be
//! signed, then ends. The command writes a pure ed25519 signature to standard
//! output, either its 64 bytes or their standard base64 (white space around it
//! is ignored), and exits with 0. Standard error is the user's: prompts may go
//! there. `AIRGO_SIGN_KEY` names the fingerprint of the key that is wanted.
//! Whatever comes is verified with the public key before it is used.

use super::error::{CommandError, KeyError};
use super::public::PublicKey;
use super::signer::Signer;
use crate::positioned::{ReadAt, each_chunk};
use airgo_gomod::setting::program;
use airgo_model::shortage::{Shortage, USUAL_STACK};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a command may take unless the caller says otherwise: a touch of a
/// token takes a user's time.
const TIMEOUT: Duration = Duration::from_secs(120);
/// More output than this is not a signature.
const MAX_OUTPUT: u64 = 4 << 10;
/// The variable that names the wanted key.
const KEY_VARIABLE: &str = "AIRGO_SIGN_KEY";

/// A signer that runs a command, whose arguments may hold a secret: of them
/// nothing is shown.
#[derive(Clone)]
pub struct CommandSigner {
    key: PublicKey,
    program: OsString,
    arguments: Vec<OsString>,
    timeout: Duration,
}

/// Splits a command as a user writes it into program and arguments: blanks
/// separate, `'…'` and `"…"` keep together what they enclose, and nothing else
/// has a meaning. No variable, no wildcard, no backslash is expanded.
///
/// ```
/// let words = airgo_bundle::keys::split_command("token sign --label 'release key' $HOME")?;
/// assert_eq!(words, ["token", "sign", "--label", "release key", "$HOME"]);
/// # Ok::<(), airgo_bundle::keys::CommandError>(())
/// ```
///
/// # Errors
/// Without any word, with a quote that does not end, or with a NUL.
pub fn split_command(text: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (c, quote) {
            ('\0', _) => return Err(CommandError::Words("it has a NUL character")),
            (c, Some(q)) if c == q => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (' ' | '\t' | '\n', None) => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(CommandError::Words("a quote is not closed"));
    }
    words.extend(word);
    match words.first() {
        Some(program) if !program.is_empty() => Ok(words),
        _ => Err(CommandError::Words("it names no program")),
    }
}

impl CommandSigner {
    /// Signs by running a program, looked up in `PATH`, with these arguments, on
    /// behalf of this public key.
    pub fn new(
        key: PublicKey,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        let arguments = arguments.into_iter().map(|a| a.as_ref().to_owned()).collect();
        Self { key, program: program.as_ref().to_owned(), arguments, timeout: TIMEOUT }
    }

    /// The same from one line; see [`split_command`].
    ///
    /// # Errors
    /// A line that is not well-formed.
    pub fn parse(key: PublicKey, line: &str) -> Result<Self, CommandError> {
        let words = split_command(line)?;
        match words.split_first() {
            Some((program, arguments)) => Ok(Self::new(key, program, arguments)),
            None => Err(CommandError::Words("it names no program")),
        }
    }

    /// Gives the command this long for each signature; two minutes otherwise.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// As it may be shown.
    fn program(&self) -> String {
        program(&self.program.to_string_lossy())
    }

    fn run(&self, message: Arc<dyn ReadAt>) -> Result<[u8; 64], CommandError> {
        let begin = Instant::now();
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .env(KEY_VARIABLE, self.key.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|source| self.unstarted(source))?;
        let result = self.converse(&mut child, message, begin);
        if result.is_err() {
            // It may have ended by itself; either way nobody waits for it any more.
            let _ = child.kill();
            let _ = child.wait();
        }
        result
    }

    /// The pipes are served by threads of their own, which nobody joins: a child
    /// of the command that keeps a pipe open must not keep airgo.
    fn converse(
        &self,
        child: &mut Child,
        message: Arc<dyn ReadAt>,
        begin: Instant,
    ) -> Result<[u8; 64], CommandError> {
        let talk = |source| CommandError::Talk { program: self.program(), source };
        let late = || CommandError::Timeout { program: self.program(), limit: self.timeout };
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(talk(io::ErrorKind::BrokenPipe.into()));
        };
        beside(move || {
            let mut broken = false;
            // A command that has read enough may close its end: its answer decides.
            let _ = each_chunk(&*message, |part| broken = broken || stdin.write_all(part).is_err());
        })
        .map_err(|e| self.unstarted(e))?;
        let (send, receive) = mpsc::channel();
        beside(move || {
            let mut output = Vec::new();
            let read = stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output);
            let _ = send.send(read.map(|_| output));
        })
        .map_err(|e| self.unstarted(e))?;
        let left = self.timeout.saturating_sub(begin.elapsed());
        let output = receive.recv_timeout(left).map_err(|_| late())?.map_err(talk)?;
        let status = loop {
            match child.try_wait().map_err(talk)? {
                Some(status) => break status,
                None if begin.elapsed() >= self.timeout => return Err(late()),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        if !status.success() {
            return Err(CommandError::Status { program: self.program(), status });
        }
        decode(&output).ok_or_else(|| CommandError::Output { program: self.program(), found: output.len() })
    }

    /// What it means that the command, or a thread beside it, does not start.
    fn unstarted(&self, source: io::Error) -> CommandError {
        let program = self.program();
        match Shortage::of(&source, USUAL_STACK) {
            Some(shortage) => CommandError::Shortage { program, shortage },
            None => CommandError::Start { program, source },
        }
    }

    fn wrong(&self) -> KeyError {
        CommandError::Wrong { program: self.program(), key: self.key.id().to_string() }.into()
    }
}

/// A thread that serves a pipe.
fn beside(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name("airgo-sign".to_owned()).spawn(work).map(drop)
}

impl fmt::Debug for CommandSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandSigner")
            .field("key", &self.key)
            .field("program", &self.program())
            .finish_non_exhaustive()
    }
}

/// 64 bytes, or their base64 between white space.
fn decode(output: &[u8]) -> Option<[u8; 64]> {
    if let Ok(raw) = output.try_into() {
        return Some(raw);
    }
    STANDARD.decode(output.trim_ascii()).ok()?.try_into().ok()
}

impl Signer for CommandSigner {
    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let signature = self.run(Arc::new(message.to_vec()))?;
        if self.key.verify(message, &signature) { Ok(signature) } else { Err(self.wrong()) }
    }

    fn sign_file(&self, file: &Arc<dyn ReadAt>) -> Result<[u8; 64], KeyError> {
        let signature = self.run(Arc::clone(file))?;
        let verified = self.key.verify_file(&**file, &signature);
        let talk = |source| CommandError::Talk { program: self.program(), source };
        if verified.map_err(talk)? { Ok(signature) } else { Err(self.wrong()) }
    }
}
