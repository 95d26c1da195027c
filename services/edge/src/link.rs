//! This door's side of `chat` and `routing`: one stream of each kind for all sockets, told apart by tag, and made again
//! when lost.

pub(crate) mod agents;
pub(crate) mod calls;
mod cards;
pub(crate) mod crm;
pub(crate) mod places;
pub(crate) mod routing;
pub(crate) mod stream;
pub(crate) mod submit;
pub(crate) mod typing;
pub(crate) mod watch;

use chassis::refusal::{Code, Refusal};
use proto::chat::v1 as chat;

pub(crate) use cards::conversation_of;

/// A refusal from inside a stream.
pub(crate) fn refusal_of(refusal: chat::Refusal) -> Refusal {
    let code = Code::from_grpc(tonic::Code::from_i32(refusal.code));
    let fallback = if code == Code::Unavailable { "unavailable" } else { "internal" };
    let reason = if refusal.reason.is_empty() { fallback.to_owned() } else { refusal.reason };
    Refusal::new(code, reason, refusal.message)
}

/// What is said when nothing was heard in time.
pub(crate) fn unavailable() -> Refusal {
    Refusal::new(Code::Unavailable, "unavailable", "no answer in time; the same ids may be sent again")
}
