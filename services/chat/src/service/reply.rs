//! The way back to whoever asked. Never blocks: the room for an answer is taken before the command is accepted.

use chassis::refusal::Refusal;
use proto::chat::v1::{ExecuteResponse, SubmitResponse, submit_response::Result as Outcome};
use tokio::sync::{mpsc, oneshot};

/// Where an answer goes.
pub(crate) enum Reply {
    /// To a submit stream, by tag.
    Tagged {
        /// The caller's tag.
        tag: u64,
        /// Room in the stream's queue.
        room: mpsc::OwnedPermit<SubmitResponse>,
    },
    /// To one waiting caller.
    Once(oneshot::Sender<Result<ExecuteResponse, Refusal>>),
}

impl Reply {
    /// Answers. A caller that went away is no matter: what was stored is stored.
    pub(crate) fn send(self, outcome: Result<ExecuteResponse, Refusal>) {
        match self {
            Self::Tagged { tag, room } => {
                let result = Some(match outcome {
                    Ok(done) => Outcome::Done(done),
                    Err(refusal) => Outcome::Refusal(to_message(&refusal)),
                });
                room.send(SubmitResponse { tag, result });
            }
            Self::Once(sender) => {
                let _caller_left = sender.send(outcome);
            }
        }
    }
}

/// A refusal as streams carry it.
pub(crate) fn to_message(refusal: &Refusal) -> proto::chat::v1::Refusal {
    proto::chat::v1::Refusal {
        code: i32::from(refusal.code.grpc()),
        message: refusal.message.clone(),
        reason: refusal.reason.to_string(),
    }
}
