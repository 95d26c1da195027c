//! A company's own words: names of kinds of touchpoints, departments and media (docs/crm-words.md). Supervisors set them, everybody reads them.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, word_service_client::WordServiceClient};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    audited::audited,
    error::ApiError,
    extract::{Agent, Body, Client, Supervisor},
    segments::shapes::Name,
};
use crate::door::App;

/// Every path of words.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/words", get(read).put(set))
}

/// Where a kind stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KindStage")]
enum Stage {
    /// Where the center puts the kind by itself.
    #[serde(rename = "")]
    Usual,
    /// Advertising, word of mouth.
    Know,
    /// Page views, questions before a purchase.
    Consider,
    /// Orders and purchases.
    Buy,
    /// Delivery, use.
    Use,
    /// Calls, chats, returns.
    Contact,
    /// A further purchase, a recommendation.
    Again,
}

impl Stage {
    fn of(stage: pb::Stage) -> Self {
        match stage {
            pb::Stage::Unspecified => Self::Usual,
            pb::Stage::Know => Self::Know,
            pb::Stage::Consider => Self::Consider,
            pb::Stage::Buy => Self::Buy,
            pb::Stage::Use => Self::Use,
            pb::Stage::Contact => Self::Contact,
            pb::Stage::Again => Self::Again,
        }
    }

    fn contract(self) -> pb::Stage {
        match self {
            Self::Usual => pb::Stage::Unspecified,
            Self::Know => pb::Stage::Know,
            Self::Consider => pb::Stage::Consider,
            Self::Buy => pb::Stage::Buy,
            Self::Use => pb::Stage::Use,
            Self::Contact => pb::Stage::Contact,
            Self::Again => pb::Stage::Again,
        }
    }
}

/// A kind of touchpoint.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TouchpointKind")]
struct Kind {
    /// As the touchpoint's kind, 1 to 32 characters of [a-z0-9_].
    word: String,
    /// What people call it, 1 to 60 characters.
    name: Name,
    /// Where touchpoints of this kind stand when their reporter does not say, earlier ones, too; empty: as the center puts it.
    #[serde(default = "usual")]
    stage: Stage,
}

fn usual() -> Stage {
    Stage::Usual
}

/// A department of the center or of companies.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DepartmentWord")]
struct Department {
    /// As a case's or contact's department, 1 to 32 characters of [a-z0-9_].
    word: String,
    /// What people call it, 1 to 60 characters.
    name: Name,
}

/// A medium that is known by its route.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RouteWord")]
struct Route {
    /// As the touchpoint's route: dialled number, campaign code, page, shop; 1 to 128 characters.
    route: String,
    /// What people call it, 1 to 60 characters.
    name: Name,
}

/// The company's words.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CompanyWords")]
pub(crate) struct Words {
    /// At most 200.
    kinds: Vec<Kind>,
    /// At most 200.
    departments: Vec<Department>,
    /// At most 500.
    routes: Vec<Route>,
    /// Which version this is, or was when the writer read it: `409 conflict` when somebody else was faster; 0: nobody set any.
    version: u64,
}

fn name(told: Option<pb::WordName>) -> Name {
    let pb::WordName { ja, en } = told.unwrap_or_default();
    Name { ja, en }
}

fn named(Name { ja, en }: Name) -> Option<pb::WordName> {
    Some(pb::WordName { ja, en })
}

impl From<pb::CompanyWords> for Words {
    fn from(told: pb::CompanyWords) -> Self {
        let kind = |it: pb::TouchpointKind| Kind { stage: Stage::of(it.stage()), word: it.word, name: name(it.name) };
        let department = |it: pb::DepartmentWord| Department { word: it.word, name: name(it.name) };
        let route = |it: pb::RouteWord| Route { route: it.route, name: name(it.name) };
        Self {
            kinds: told.kinds.into_iter().map(kind).collect(),
            departments: told.departments.into_iter().map(department).collect(),
            routes: told.routes.into_iter().map(route).collect(),
            version: told.version,
        }
    }
}

impl From<Words> for pb::CompanyWords {
    fn from(words: Words) -> Self {
        let kind =
            |it: Kind| pb::TouchpointKind { word: it.word, name: named(it.name), stage: it.stage.contract().into() };
        let department = |it: Department| pb::DepartmentWord { word: it.word, name: named(it.name) };
        let route = |it: Route| pb::RouteWord { route: it.route, name: named(it.name) };
        Self {
            kinds: words.kinds.into_iter().map(kind).collect(),
            departments: words.departments.into_iter().map(department).collect(),
            routes: words.routes.into_iter().map(route).collect(),
            version: words.version,
        }
    }
}

fn service(app: &App) -> Result<WordServiceClient<Channel>, Refusal> {
    app.words.clone().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

/// All of them: pages show names in place of words.
async fn read(State(app): State<Arc<App>>, Agent(_): Agent) -> Result<Json<Words>, ApiError> {
    let asked = service(&app)?.get_words(pb::GetWordsRequest {}).await;
    let told = asked.map_err(|status| Refusal::from(&status))?.into_inner().words;
    Ok(Json(Words::from(told.unwrap_or_default())))
}

/// Sets them all.
async fn set(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<Words>,
) -> Result<Json<Words>, ApiError> {
    let request = pb::SetWordsRequest { words: Some(body.into()), by: by.id.to_string() };
    let asked = service(&app)?.set_words(request).await;
    let told = audited(asked, (&app, &by, &client), ("words_set", ""))?;
    Ok(Json(Words::from(told.words.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_come_back_as_they_were() {
        let name = json!({ "ja": "セミナー", "en": "Seminar" });
        let told = json!({
            "kinds": [{ "word": "seminar", "name": name, "stage": "consider" }, { "word": "fax", "name": name, "stage": "" }],
            "departments": [{ "word": "sales", "name": name }],
            "routes": [{ "route": "+81300000000", "name": name }],
            "version": 7,
        });
        let words: Words = serde_json::from_value(told.clone()).unwrap();
        let there = pb::CompanyWords::from(words);
        assert_eq!(there.kinds[0].stage(), pb::Stage::Consider);
        assert_eq!(there.kinds[1].stage(), pb::Stage::Unspecified);
        assert_eq!(json!(Words::from(there)), told);
    }
}
