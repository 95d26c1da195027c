//! Files of conversations: taken in whole, stored in parts, given out part by part.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use chassis::refusal::{Code, Refusal};
use futures::{StreamExt as _, stream};
use proto::chat::v1::{Command, ExecuteRequest, Party, PostFile, command::What};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    conversations::customer_of,
    error::ApiError,
    extract::{Client, Signed},
};
use crate::{
    clock,
    door::App,
    keep::{FileHead, NewFile, sniff},
    socket::frames::is_uuid,
};

/// Files taken in at once, each of them in memory: so many times [`MAX_FILE`] at most.
pub(crate) const AT_ONCE: usize = 32;
/// Longest file, in bytes.
pub(super) const MAX_FILE: usize = 10 * 1024 * 1024;
/// Longest name, in characters.
const MAX_NAME: usize = 200;
const FILE_NAME: &str = "x-file-name";
const MESSAGE_ID: &str = "x-message-id";

/// Answer of `POST /api/v1/conversations/{id}/files`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stored {
    /// The file: the message's id.
    file: String,
    /// Number of its event.
    number: u64,
    /// What its first bytes say it is.
    media_type: &'static str,
    /// It had been stored before.
    repeated: bool,
}

/// Takes a file. The message's id is the file's: whoever sends it again stores it once.
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Path(conversation): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Stored>, ApiError> {
    let outcome = store(&app, by.party(), &client, &conversation, &headers, body).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "file_upload", &conversation, word);
    Ok(Json(outcome?))
}

async fn store(
    app: &App,
    by: Party,
    client: &Client,
    conversation: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Stored, Refusal> {
    let too_many = |message: &'static str| Refusal::new(Code::ResourceExhausted, "too_many_requests", message);
    if !app.uploads.take(client.address, clock::steady_ms()) {
        return Err(too_many("too many files from this address"));
    }
    is_uuid(conversation)?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = text(MESSAGE_ID).to_owned();
    is_uuid(&message)?;
    let name = file_name(text(FILE_NAME))?;
    let customer = customer_of(app, by.clone(), conversation).await?;
    // From here on a whole file may be in memory.
    let _room = app.upload_room.try_acquire().map_err(|_| too_many("too many files are being taken in"))?;
    let too_large = |_| Refusal::new(Code::InvalidArgument, "file_too_large", "at most 10 MiB");
    let bytes = to_bytes(body, MAX_FILE).await.map_err(too_large)?;
    if bytes.is_empty() {
        return Err(Refusal::new(Code::InvalidArgument, "file_empty", "the file is empty"));
    }
    let unknown = || Refusal::new(Code::InvalidArgument, "bad_file_type", "files of this kind are not taken");
    let media_type = sniff(&name, &bytes).ok_or_else(unknown)?;
    let length = bytes.len() as u64;
    let (file, of) = (message.clone(), conversation.to_owned());
    let new = NewFile { conversation: of, customer, file, name: name.clone(), media_type, bytes };
    app.keep.store_file(new).await?;
    let posted = PostFile {
        message_id: message.clone(),
        file_id: message.clone(),
        name,
        media_type: media_type.to_owned(),
        bytes: length,
    };
    let command =
        Command { conversation_id: conversation.to_owned(), by: Some(by), what: Some(What::PostFile(posted)) };
    let done = app.chat.clone().execute(ExecuteRequest { command: Some(command) }).await;
    let done = done.map_err(|status| Refusal::from(&status))?.into_inner();
    Ok(Stored { file: message, number: done.number, media_type, repeated: done.repeated })
}

/// Without a path, without control characters.
fn file_name(header: &str) -> Result<String, Refusal> {
    let name = percent_decoded(header);
    let name = name.as_deref().map(|name| name.rsplit(['/', '\\']).next().unwrap_or_default().trim());
    match name {
        Some(name) if (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control) => {
            Ok(name.to_owned())
        }
        Some(_) | None => {
            let message = "X-File-Name is needed: UTF-8, percent-encoded, 1 to 200 characters";
            Err(Refusal::new(Code::InvalidArgument, "bad_name", message))
        }
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let (hex, behind) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn percent_encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Gives a file out. Nothing in it can act: its type is ours, it is sandboxed, and only images are shown in place.
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Signed(by): Signed,
    client: Client,
    Path((conversation, file)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let outcome = find(&app, by.party(), &conversation, &file).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "file_read", &conversation, word);
    let (customer, head) = outcome?;
    let headers = headers(&head);
    let parts = stream::iter(0..head.parts).then(move |part| {
        let (app, conversation, customer, file) = (app.clone(), conversation.clone(), customer.clone(), file.clone());
        async move {
            let read = app.keep.file_part(&conversation, &customer, &file, part).await;
            read.map_err(|refusal| std::io::Error::other(refusal.reason.into_owned()))
        }
    });
    Ok((headers, Body::from_stream(parts)).into_response())
}

async fn find(app: &App, by: Party, conversation: &str, file: &str) -> Result<(String, FileHead), Refusal> {
    is_uuid(conversation)?;
    is_uuid(file)?;
    let customer = customer_of(app, by, conversation).await?;
    let head = app.keep.file_head(conversation, &customer, file).await?;
    Ok((customer, head))
}

fn headers(head: &FileHead) -> HeaderMap {
    let shown = if head.media_type.starts_with("image/") { "inline" } else { "attachment" };
    let disposition = format!("{shown}; filename*=UTF-8''{}", percent_encoded(&head.name));
    let values = [
        (CONTENT_TYPE, head.media_type.clone()),
        (CONTENT_LENGTH, head.bytes.to_string()),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    let values = values.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)));
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        assert_eq!(file_name("%E5%86%99%E7%9C%9F.png").unwrap(), "写真.png");
        assert_eq!(file_name("..%2F..%2Fetc%2Fpasswd").unwrap(), "passwd");
        for bad in ["", "%", "%zz", "%ff", "a%0d%0aX: y", "a/", &"a".repeat(201)] {
            assert!(file_name(bad).is_err(), "{bad}");
        }
        assert_eq!(percent_decoded(&percent_encoded("写 真\".png")).unwrap(), "写 真\".png");
    }

    #[test]
    fn only_images_are_shown_in_place() {
        let head =
            |media_type: &str| FileHead { name: "\"a".into(), media_type: media_type.into(), bytes: 1, parts: 1 };
        let image = headers(&head("image/png"));
        assert_eq!(image[CONTENT_DISPOSITION], "inline; filename*=UTF-8''%22a");
        assert_eq!(image[CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
        assert!(headers(&head("application/pdf"))[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    }
}
