//! Why a drill could not be carried out. A drill that was carried out and shows a defect is no error: it is a figure.

use super::http;

/// Why a drill could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The center could not be started or changed.
    #[error("the center")]
    Center(#[from] crate::up::UpError),
    /// A door did not answer or refused.
    #[error("a door of the center")]
    Door(#[from] http::Error),
    /// An answer that nobody expected.
    #[error("{0}")]
    Answer(String),
    /// A step did not come to its end.
    #[error("waited a minute for: {what}; stands at {count}")]
    Stuck {
        /// The step.
        what: String,
        /// How far it came.
        count: String,
    },
    /// The journal could not be read.
    #[error("reading the journal at {server}: {why}")]
    Journal {
        /// The server.
        server: String,
        /// The cause.
        why: String,
    },
    /// A site's view could not be read.
    #[error("reading the view of {site}")]
    View {
        /// The site.
        site: String,
        /// The cause.
        #[source]
        source: sqlx::Error,
    },
    /// No thread for the clients.
    #[error("starting the clients' thread")]
    Thread(#[source] std::io::Error),
    /// The result could not be written.
    #[error("writing the result")]
    Output(#[source] std::io::Error),
    /// A drill that does not exist, or figures that make no sense.
    #[error("{0}")]
    Usage(String),
}
