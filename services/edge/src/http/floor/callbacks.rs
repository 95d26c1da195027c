//! Calling a waiting customer back. The number is the conversation's: sealed there with the customer's key. The floor only knows
//! that this contact is a callback.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use proto::{
    chat::v1::{self as chat, AskCallback, Party, command},
    routing::v1::{CancelCallback, MakeCallback, execute_request::What},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::contacts::{concerns, whole};
use crate::{
    door::App,
    http::{
        error::ApiError,
        extract::{Body, Client, Signed},
    },
    link::conversation_of,
    socket::frames::is_uuid,
};

/// Where and when the customer wants to be called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CallbackWish")]
pub(crate) struct CallbackWish {
    /// 3 to 20 digits, with + ( ) - and spaces at most 40 characters. Kept sealed with the customer's key.
    phone: String,
    /// Not before, milliseconds since the Unix epoch; 0 or absent: at its turn.
    #[serde(default)]
    at: u64,
    /// UUID chosen by the browser; the same id again is the same wish.
    #[serde(default)]
    message: Option<String>,
}

/// A contact that became a callback, or is none any more.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CallbackMade")]
pub(crate) struct CallbackMade {
    /// The contact.
    contact: String,
}

/// A waiting contact becomes a callback at the same place. The conversation has the last word: it is told first, and tells the
/// floor too; when the floor refuses, it is told so.
pub(in crate::http) async fn make_callback(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Path(contact): Path<String>,
    Body(CallbackWish { phone, at, message }): Body<CallbackWish>,
) -> Result<Json<CallbackMade>, ApiError> {
    concerns(&app, &by, &contact).await?;
    message.iter().try_for_each(|id| is_uuid(id))?;
    let contact = whole(&app, contact).await?;
    let conversation = conversation_of(&contact).to_owned();
    let message_id = message.unwrap_or_else(|| Uuid::new_v4().to_string());
    let ask = AskCallback { message_id, phone, at_ms: at };
    tell(&app, by.party(), &conversation, command::What::AskCallback(ask)).await?;
    let make = MakeCallback { contact_id: contact.clone(), at_ms: at };
    let outcome = app.routing.execute_by(&by.id, What::MakeCallback(make)).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "callback_make", &contact, word);
    if let Err(refusal) = outcome {
        if refusal.code != Code::Unavailable {
            let cancel = command::What::CancelCallback(chat::CancelCallback {});
            tell(&app, by.party(), &conversation, cancel).await?;
        }
        return Err(refusal.into());
    }
    Ok(Json(CallbackMade { contact }))
}

/// The customer waits again at the same place.
pub(in crate::http) async fn cancel_callback(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Path(contact): Path<String>,
) -> Result<Json<CallbackMade>, ApiError> {
    concerns(&app, &by, &contact).await?;
    let contact = whole(&app, contact).await?;
    let cancel = command::What::CancelCallback(chat::CancelCallback {});
    tell(&app, by.party(), conversation_of(&contact), cancel).await?;
    let off = CancelCallback { contact_id: contact.clone() };
    let outcome = app.routing.execute_by(&by.id, What::CancelCallback(off)).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(&app, &by.id, "callback_cancel", &contact, word);
    match outcome {
        // An agent was asked meanwhile: they read in the conversation that it is cancelled.
        Err(refusal) if refusal.reason != "not_waiting" => Err(refusal.into()),
        Ok(()) | Err(_) => Ok(Json(CallbackMade { contact })),
    }
}

async fn tell(app: &App, by: Party, conversation: &str, what: command::What) -> Result<(), Refusal> {
    let command = chat::Command { conversation_id: conversation.to_owned(), by: Some(by), what: Some(what) };
    let told = app.chat.clone().execute(chat::ExecuteRequest { command: Some(command) }).await;
    told.map(|_| ()).map_err(|status| Refusal::from(&status))
}
