//! "Is typing": handed on without a promise. What does not fit is dropped.

use chassis::grpc::Channel;
use futures::StreamExt as _;
use proto::chat::v1::{Party, SignalTypingRequest, chat_service_client::ChatServiceClient};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Signals waiting; more are dropped.
const WAITING: usize = 256;
/// Signals under way at once.
const AT_ONCE: usize = 8;

/// Where sockets leave their signals.
#[derive(Clone)]
pub(crate) struct Typing(mpsc::Sender<SignalTypingRequest>);

/// What [`run`] works through.
pub(crate) struct Signals(mpsc::Receiver<SignalTypingRequest>);

pub(crate) fn channel() -> (Typing, Signals) {
    let (sender, receiver) = mpsc::channel(WAITING);
    (Typing(sender), Signals(receiver))
}

impl Typing {
    pub(crate) fn signal(&self, conversation_id: String, by: Party) {
        let _dropped_when_full = self.0.try_send(SignalTypingRequest { conversation_id, by: Some(by) });
    }
}

/// Hands signals on until every [`Typing`] is gone.
pub(crate) async fn run(signals: Signals, chat: ChatServiceClient<Channel>) {
    ReceiverStream::new(signals.0)
        .for_each_concurrent(AT_ONCE, |signal| {
            let mut chat = chat.clone();
            async move {
                if let Err(status) = chat.signal_typing(signal).await {
                    tracing::debug!(code = ?status.code(), "typing not handed on");
                }
            }
        })
        .await;
}
