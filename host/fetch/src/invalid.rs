//! What a server sent in place of a module's file.

/// What a server sent in place of a module's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContent {
    /// A web page: a captive portal, a login or an error page.
    #[error("a web page{}", title.as_ref().map(|t| format!(" titled {t:?}")).unwrap_or_default())]
    Html {
        /// The page's title.
        title: Option<String>,
    },
    /// Nothing at all.
    #[error("nothing")]
    Empty,
    /// A body that is not encoded as its `Content-Encoding` says, or in a way
    /// that airgo does not decode.
    #[error("Content-Encoding: {encoding}, and a body that cannot be decoded ({problem})")]
    Encoding {
        /// The header.
        encoding: String,
        /// What the decoder says.
        problem: String,
    },
    /// Not a zip at all, or a damaged one.
    #[error("a bad zip ({0})")]
    Zip(String),
    /// A sound zip of a module that go refuses, such as for a file's name: its
    /// authors made it so, and every proxy has the same.
    #[error("a module that go refuses ({0})")]
    Module(String),
    /// Not the JSON that a proxy answers.
    #[error("bad JSON ({0})")]
    Info(String),
    /// Well-formed `.info` of some other version.
    #[error("the .info of version {0:?}")]
    OtherVersion(String),
}
