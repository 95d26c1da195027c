//! What can go wrong.

use std::{net::SocketAddr, path::PathBuf};

/// Why an order to signalling failed.
#[derive(Debug, thiserror::Error)]
pub enum SipError {
    /// A port cannot be listened on.
    #[error("listening for SIP on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// Signalling has no thread to run on, or it ended.
    #[error("starting the thread of SIP")]
    Thread(#[source] std::io::Error),
    /// No transport is configured.
    #[error("no SIP transport is configured: set udp, tcp or tls")]
    NoTransport,
    /// TLS is configured without files.
    #[error("SIP over TLS needs tls_files")]
    NoCertificate,
    /// A file cannot be read.
    #[error("reading {0}")]
    File(PathBuf, #[source] std::io::Error),
    /// The leg is not here.
    #[error("there is no such leg here")]
    NoLeg,
    /// The leg exists already.
    #[error("the leg exists already")]
    LegExists,
    /// The leg is not in a state that allows this.
    #[error("the leg's state does not allow this")]
    WrongState,
    /// Another change of the leg is under way.
    #[error("another change of the leg is under way")]
    Busy,
    /// Nobody can be called by this.
    #[error("nobody can be called by this target")]
    BadTarget,
    /// The other side refused, with this status.
    #[error("the other side refused with status {0}")]
    Refused(u16),
    /// The other side hung up meanwhile.
    #[error("the other side hung up meanwhile")]
    HungUp,
    /// The other side did not answer.
    #[error("the other side did not answer")]
    NoAnswer,
    /// The snapshot cannot be used.
    #[error("the snapshot cannot be used: {0}")]
    BadSnapshot(&'static str),
    /// The stack below failed.
    #[error("the SIP stack: {0}")]
    Stack(String),
}

impl From<rsipstack::Error> for SipError {
    fn from(error: rsipstack::Error) -> Self {
        Self::Stack(error.to_string())
    }
}
