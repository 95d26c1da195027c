//! What an agent must know to take an offer: the customer, their name and the last message.

use std::time::Duration;

use chassis::{grpc::Channel, refusal::Refusal};
use proto::chat::v1::{
    Party, PartyKind, ReadConversationRequest, ReadConversationResponse, chat_event,
    chat_service_client::ChatServiceClient,
};

/// A preview is cut to so many characters.
const PREVIEW: usize = 80;
/// Events read from each end of the conversation.
const PAGE: u32 = 20;
/// The view may lag behind the offer, and the first message may come after it: asked again after each of these, in ms.
const PAUSES: [u64; 8] = [50, 150, 300, 600, 1_200, 2_400, 4_800, 9_600];

/// Customer, name and preview.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) customer: String,
    pub(super) name: String,
    pub(super) preview: String,
}

/// The conversation of a contact, `<conversation>.<round>`.
pub(crate) fn conversation_of(contact: &str) -> &str {
    contact.rsplit_once('.').map_or(contact, |(conversation, _)| conversation)
}

/// Looks the card of a contact up and gives it to `keep`: when the conversation can be read, and again when the first message
/// came after the offer. Ends when the card is whole, when `keep` says that nobody needs it, or after the last pause.
pub(super) async fn look_up(chat: ChatServiceClient<Channel>, contact: &str, mut keep: impl FnMut(Card) -> bool) {
    let mut shown = None;
    for pause in PAUSES {
        match read(chat.clone(), conversation_of(contact)).await {
            Ok(card) => {
                let whole = !card.preview.is_empty();
                if shown.as_ref() != Some(&card) && !keep(card.clone()) || whole {
                    return;
                }
                shown = Some(card);
            }
            Err(refusal) => tracing::debug!(reason = %refusal.reason, "an offer's conversation is not readable yet"),
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

async fn read(mut chat: ChatServiceClient<Channel>, conversation: &str) -> Result<Card, Refusal> {
    let mut page = async |after| -> Result<ReadConversationResponse, Refusal> {
        let by = Party { kind: PartyKind::System.into(), id: "edge".to_owned(), supervisor: false };
        let conversation_id = conversation.to_owned();
        let request = ReadConversationRequest { conversation_id, by: Some(by), after, limit: PAGE };
        Ok(chat.read_conversation(request).await.map_err(|status| Refusal::from(&status))?.into_inner())
    };
    let first = page(0).await?;
    let mut card = Card::default();
    fold(&mut card, &first);
    if first.last_number > u64::from(PAGE) {
        fold(&mut card, &page(first.last_number - u64::from(PAGE)).await?);
    }
    Ok(card)
}

fn fold(card: &mut Card, page: &ReadConversationResponse) {
    for readable in &page.events {
        match readable.event.as_ref().and_then(|event| event.what.as_ref()) {
            Some(chat_event::What::Opened(opened)) => {
                card.customer.clone_from(&opened.customer_id);
                card.name.clone_from(&readable.customer_name);
            }
            Some(chat_event::What::MessagePosted(_) | chat_event::What::FilePosted(_)) => {
                card.preview = readable.text.chars().take(PREVIEW).collect()
            }
            Some(
                chat_event::What::Delivered(_)
                | chat_event::What::Read(_)
                | chat_event::What::Assigned(_)
                | chat_event::What::Transferred(_)
                | chat_event::What::Closed(_)
                | chat_event::What::Reopened(_)
                | chat_event::What::Noted(_)
                | chat_event::What::Wrapped(_)
                | chat_event::What::Joined(_)
                | chat_event::What::Left(_)
                | chat_event::What::Rated(_)
                | chat_event::What::CallbackAsked(_)
                | chat_event::What::CallbackCancelled(_)
                | chat_event::What::Hidden(_),
            )
            | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conversation_is_what_comes_before_the_last_dot() {
        assert_eq!(conversation_of("0b5e.12"), "0b5e");
        assert_eq!(conversation_of("a.b.2"), "a.b");
        assert_eq!(conversation_of("plain"), "plain");
    }
}
