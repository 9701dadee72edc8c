//! Takes secrets out of what servers, libraries and programs wrote: an answer
//! may repeat the address that it was asked by.

use crate::error::FetchError;
use crate::invalid::InvalidContent;
use crate::net::text::scrub;

impl FetchError {
    /// The same error, without these words in what a server or library wrote.
    pub(crate) fn scrubbed(mut self, secrets: &[String]) -> Self {
        if !secrets.is_empty() {
            self.scrub(secrets);
        }
        self
    }

    fn scrub(&mut self, secrets: &[String]) {
        let take_out = |text: &mut String| *text = scrub(text, secrets);
        match self {
            Self::UnknownVersion { detail, .. }
            | Self::Forbidden { detail, .. }
            | Self::Status { detail, .. } => {
                detail.iter_mut().for_each(take_out);
            }
            Self::Dns { reason, .. }
            | Self::Connect { reason, .. }
            | Self::Tls { reason, .. }
            | Self::Broken { reason, .. }
            | Self::Unreadable { reason, .. } => take_out(reason),
            Self::InvalidContent { what, .. } => match what {
                InvalidContent::Html { title } => title.iter_mut().for_each(take_out),
                InvalidContent::Encoding { encoding, problem } => {
                    [encoding, problem].into_iter().for_each(take_out)
                }
                InvalidContent::Zip(text)
                | InvalidContent::Module(text)
                | InvalidContent::Info(text)
                | InvalidContent::OtherVersion(text) => {
                    take_out(text);
                }
                InvalidContent::Empty => {}
            },
            // Of our own making, or of this machine.
            Self::ProxyList(_)
            | Self::TlsSetup(_)
            | Self::Threads(_)
            | Self::BadObject(_)
            | Self::NoTree { .. }
            | Self::Timeout { .. }
            | Self::TooLarge { .. }
            | Self::Redirect { .. }
            | Self::HttpProxy { .. }
            | Self::InsecureCredentials { .. }
            | Self::GoAuth(_)
            | Self::Direct { .. }
            | Self::Off { .. }
            | Self::Disk { .. }
            | Self::OpenFiles { .. }
            | Self::Cancelled(_)
            | Self::Lost(_) => {}
        }
    }
}
