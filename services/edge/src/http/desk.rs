//! The desk's settings: ready-made replies, macros, wrap-up codes, the company's theme. Agents read them, supervisors change them;
//! everybody may read the theme.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    error::ApiError,
    extract::{Agent, Body, Client, Supervisor},
};
use crate::{door::App, keep::Kind, tokens::Identity};

/// Longest document as JSON, in bytes.
const MAX_DOCUMENT: usize = 32 * 1024;
/// Longest id.
const MAX_ID: usize = 40;
/// The theme's only document.
const MAIN: &str = "main";

/// A text in both languages; English may be absent.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Texts")]
pub(crate) struct Texts {
    /// Japanese.
    ja: String,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    en: Option<String>,
}

/// A document with an id.
pub(crate) trait Shelved: DeserializeOwned + Serialize {
    /// Where it is kept.
    const KIND: Kind;
    /// Gives it its id.
    fn named(&mut self, id: &str);
    /// What is wrong with it, if anything.
    fn fault(&self) -> Option<&'static str>;
}

/// A ready-made reply.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Canned")]
pub(crate) struct CannedBody {
    /// 1 to 40 characters of [a-z0-9_-]. The path's counts.
    #[serde(default)]
    id: String,
    /// What is typed to find it.
    #[serde(default)]
    shortcut: String,
    /// Its title.
    title: Texts,
    /// 1 to 4,000 characters; `{{customer.name}}` and the like are filled by the desk.
    text: String,
    /// Words to find it by.
    #[serde(default)]
    tags: Vec<String>,
    /// BCP 47 tag; empty: for every language.
    #[serde(default)]
    language: String,
}

impl Shelved for CannedBody {
    const KIND: Kind = Kind::Canned;

    fn named(&mut self, id: &str) {
        id.clone_into(&mut self.id);
    }

    fn fault(&self) -> Option<&'static str> {
        let text = (1..=4_000).contains(&self.text.chars().count()) && !self.text.trim().is_empty();
        (!text || self.tags.len() > 20).then_some("a text of 1 to 4,000 characters and at most 20 tags are needed")
    }
}

/// What one step of a macro does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Do {
    /// Says `text`.
    Reply,
    /// Notes `text`.
    Note,
    /// Puts `tag` to the wrap-up.
    Tag,
    /// Ends the conversation.
    Close,
    /// Passes it on to `queue` or `agent`.
    Transfer,
}

/// One step of a macro.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MacroStep")]
pub(crate) struct StepBody {
    /// What it does.
    r#do: Do,
    /// Of `reply` and `note`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Of `tag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// Of `transfer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Of `transfer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
}

/// Steps done together.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Macro")]
pub(crate) struct MacroBody {
    /// As of a ready-made reply.
    #[serde(default)]
    id: String,
    /// Its title.
    title: Texts,
    /// 1 to 20, done in order.
    steps: Vec<StepBody>,
}

impl Shelved for MacroBody {
    const KIND: Kind = Kind::Macro;

    fn named(&mut self, id: &str) {
        id.clone_into(&mut self.id);
    }

    fn fault(&self) -> Option<&'static str> {
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        let whole = |step: &StepBody| match step.r#do {
            Do::Reply | Do::Note => says(&step.text),
            Do::Tag => says(&step.tag),
            Do::Close | Do::Transfer => true,
        };
        let fits = (1..=20).contains(&self.steps.len()) && self.steps.iter().all(whole);
        (!fits).then_some("1 to 20 steps are needed, each with what it says")
    }
}

/// A wrap-up code.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Code")]
pub(crate) struct CodeBody {
    /// As of a ready-made reply.
    #[serde(default)]
    id: String,
    /// In Japanese.
    ja: String,
    /// In English.
    en: String,
    /// The code that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
}

impl Shelved for CodeBody {
    const KIND: Kind = Kind::Code;

    fn named(&mut self, id: &str) {
        id.clone_into(&mut self.id);
    }

    fn fault(&self) -> Option<&'static str> {
        let fits = |name: &str| (1..=100).contains(&name.chars().count());
        let parent = self.parent.as_ref().is_none_or(|parent| is_id(parent) && *parent != self.id);
        (!fits(&self.ja) || !fits(&self.en) || !parent).then_some("names of 1 to 100 characters are needed")
    }
}

/// A question before the chat.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Question")]
pub(crate) struct QuestionBody {
    /// Key of its answer in `open`.
    id: String,
    /// What is asked.
    label: Texts,
    /// How it is answered.
    kind: QuestionKind,
    /// Of `choice`: 1 to 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<Texts>>,
    /// It must be answered.
    #[serde(default)]
    required: bool,
}

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QuestionKind {
    /// In words.
    Text,
    /// One of several.
    Choice,
}

/// A reason that a customer can choose.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reason")]
pub(crate) struct ReasonBody {
    /// Its code, `reason` in `open`.
    id: String,
    /// In Japanese.
    ja: String,
    /// In English.
    en: String,
    /// The queue that it enters.
    queue: String,
}

/// The company's look and questions.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Theme")]
pub(crate) struct ThemeBody {
    /// The company's name.
    company: Texts,
    /// `#rrggbb`.
    color: String,
    /// A `data:image/png;base64,` or `data:image/jpeg;base64,` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo: Option<String>,
    /// What the widget says first.
    welcome: Texts,
    /// Questions before the chat, at most 10.
    #[serde(default)]
    pre_chat: Vec<QuestionBody>,
    /// Reasons to choose from, at most 20.
    #[serde(default)]
    reasons: Vec<ReasonBody>,
}

impl ThemeBody {
    /// Before anybody set one.
    fn plain() -> Self {
        let texts = |ja: &str, en: &str| Texts { ja: ja.to_owned(), en: Some(en.to_owned()) };
        Self {
            company: texts("お問い合わせ", "Contact us"),
            color: "#1c5fa8".to_owned(),
            welcome: texts("こんにちは。ご用件をお聞かせください。", "Hello. How can we help?"),
            ..Self::default()
        }
    }
}

impl Shelved for ThemeBody {
    const KIND: Kind = Kind::Theme;

    fn named(&mut self, _: &str) {}

    fn fault(&self) -> Option<&'static str> {
        let hex = self
            .color
            .strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if !hex {
            return Some("the color is not #rrggbb");
        }
        let image = |logo: &String| {
            let data =
                ["data:image/png;base64,", "data:image/jpeg;base64,"].iter().find_map(|start| logo.strip_prefix(start));
            data.is_some_and(|data| data.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)))
        };
        if !self.logo.iter().all(image) {
            return Some("the logo is not a data: address of a PNG or JPEG");
        }
        let whole = |question: &QuestionBody| {
            let choices = question.choices.as_ref().map_or(0, Vec::len);
            is_id(&question.id) && (question.kind == QuestionKind::Text || (1..=20).contains(&choices))
        };
        let questions: BTreeSet<&str> = self.pre_chat.iter().map(|question| question.id.as_str()).collect();
        if self.pre_chat.len() > 10 || questions.len() < self.pre_chat.len() || !self.pre_chat.iter().all(whole) {
            return Some("at most 10 questions with ids of their own, choices with 1 to 20 answers");
        }
        let reason = |reason: &ReasonBody| is_id(&reason.id) && is_id(&reason.queue);
        (self.reasons.len() > 20 || !self.reasons.iter().all(reason))
            .then_some("at most 20 reasons with an id and a queue")
    }
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
}

fn bad(message: &'static str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_request", message)
}

fn all<T: Shelved>(app: &App) -> Vec<T> {
    let documents = app.keep.documents(T::KIND);
    documents.iter().filter_map(|document| serde_json::from_str(&document.json).ok()).collect()
}

/// Lists the documents of a kind.
pub(super) async fn list<T: Shelved>(State(app): State<Arc<App>>, _: Agent) -> Json<Vec<T>> {
    Json(all(&app))
}

/// Sets one.
pub(super) async fn put<T: Shelved>(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(mut body): Body<T>,
) -> Result<Json<T>, ApiError> {
    body.named(&id);
    set(&app, &by, &client, &id, &body).await?;
    Ok(Json(body))
}

async fn set<T: Shelved>(app: &App, by: &Identity, client: &Client, id: &str, body: &T) -> Result<(), Refusal> {
    if !is_id(id) {
        return Err(bad("an id is 1 to 40 characters of a-z 0-9 _ -"));
    }
    body.fault().map_or(Ok(()), |fault| Err(bad(fault)))?;
    let json = serde_json::to_string(body).map_err(|_| bad("the body cannot be kept"))?;
    if json.len() > MAX_DOCUMENT {
        return Err(Refusal::new(Code::InvalidArgument, "body_too_large", "at most 32 KiB"));
    }
    let outcome = app.keep.change(T::KIND, id, &by.id, Some(json)).await;
    note::<T>(app, by, client, id, outcome.as_ref().map(|_| ()));
    outcome.map(|_| ())
}

/// Answer of a removal.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Removed {
    /// False: there was none.
    removed: bool,
}

impl Removed {
    pub(super) fn new(removed: bool) -> Self {
        Self { removed }
    }
}

/// Removes one.
pub(super) async fn remove<T: Shelved>(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Removed>, ApiError> {
    if !is_id(&id) {
        return Ok(Json(Removed { removed: false }));
    }
    let outcome = app.keep.change(T::KIND, &id, &by.id, None).await;
    note::<T>(&app, &by, &client, &id, outcome.as_ref().map(|_| ()));
    Ok(Json(Removed { removed: outcome? }))
}

fn note<T: Shelved>(app: &App, by: &Identity, client: &Client, id: &str, outcome: Result<(), &Refusal>) {
    let word = outcome.map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(app, &by.id, "setting_change", &format!("{}.{id}", T::KIND.token()), word);
}

/// The theme, for everybody.
pub(super) async fn theme(State(app): State<Arc<App>>) -> Json<ThemeBody> {
    Json(all(&app).pop().unwrap_or_else(ThemeBody::plain))
}

/// Sets it.
pub(super) async fn put_theme(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<ThemeBody>,
) -> Result<Json<ThemeBody>, ApiError> {
    set(&app, &by, &client, MAIN, &body).await?;
    Ok(Json(body))
}

/// Wrap-up codes whose id or names hold what is searched.
pub(super) fn codes_like(app: &App, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let codes: Vec<CodeBody> = all(app);
    codes.into_iter().filter(|code| fits(&code.id) || fits(&code.ja) || fits(&code.en)).map(|code| code.id).collect()
}
