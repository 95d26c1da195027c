//! Calendars, reasons for being away, priorities.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use proto::routing::v1::{self as routing, DefineSetting, execute_request::What, setting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read;
use crate::{
    door::App,
    http::{
        error::ApiError,
        extract::{Agent, Body, Client, Supervisor},
    },
};

/// Open hours of a weekday.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hours")]
pub(crate) struct HoursBody {
    /// 1 (Monday) to 7.
    day: u32,
    /// As `09:00`.
    from: String,
    /// As `18:00`, at most `24:00`.
    to: String,
}

/// Open hours of one day.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OpenDay")]
pub(crate) struct OpenBody {
    /// As `2026-12-29`.
    date: String,
    /// As `09:00`.
    from: String,
    /// As `18:00`, at most `24:00`.
    to: String,
}

/// Which holidays a calendar keeps.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Holidays")]
pub(crate) enum Holidays {
    /// Japan's national holidays.
    Jp,
    /// None.
    #[default]
    None,
}

/// When queues are open.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Calendar")]
pub(crate) struct CalendarBody {
    /// 1 to 40 characters of [a-z0-9_-]. With PUT the path says it.
    #[serde(default)]
    id: String,
    /// Display name.
    #[serde(default)]
    name: String,
    /// A zone without summer time, or an offset as `+09:00`.
    time_zone: String,
    /// By weekday.
    week: Vec<HoursBody>,
    /// Closed on these.
    #[serde(default)]
    holidays: Holidays,
    /// Closed besides, as `2026-12-29`.
    #[serde(default)]
    closed: Vec<String>,
    /// Open with these hours, whatever else is said of the day.
    #[serde(default)]
    open: Vec<OpenBody>,
}

impl From<&routing::Calendar> for CalendarBody {
    fn from(calendar: &routing::Calendar) -> Self {
        let week = calendar.week.iter().map(|it| HoursBody {
            day: it.day,
            from: clock(it.from_minute),
            to: clock(it.to_minute),
        });
        let open = calendar.open.iter().map(|it| OpenBody {
            date: it.date.clone(),
            from: clock(it.from_minute),
            to: clock(it.to_minute),
        });
        Self {
            id: calendar.calendar_id.clone(),
            name: calendar.name.clone(),
            time_zone: calendar.time_zone.clone(),
            week: week.collect(),
            holidays: if calendar.holidays_jp { Holidays::Jp } else { Holidays::None },
            closed: calendar.closed.clone(),
            open: open.collect(),
        }
    }
}

impl CalendarBody {
    fn into_setting(self) -> Result<routing::Setting, Refusal> {
        let week = self
            .week
            .into_iter()
            .map(|it| Ok(routing::Hours { day: it.day, from_minute: minute(&it.from)?, to_minute: minute(&it.to)? }));
        let open = self.open.into_iter().map(|it| {
            Ok(routing::OpenDay { from_minute: minute(&it.from)?, to_minute: minute(&it.to)?, date: it.date })
        });
        let calendar = routing::Calendar {
            calendar_id: self.id,
            name: self.name,
            time_zone: self.time_zone,
            week: week.collect::<Result<_, Refusal>>()?,
            holidays_jp: matches!(self.holidays, Holidays::Jp),
            closed: self.closed,
            open: open.collect::<Result<_, Refusal>>()?,
        };
        Ok(routing::Setting { what: Some(setting::What::Calendar(calendar)) })
    }
}

fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn minute(clock: &str) -> Result<u32, Refusal> {
    let parts = clock.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (clock.len() == 5 && hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
    });
    parts.ok_or_else(|| Refusal::new(Code::InvalidArgument, "invalid", "from, to: as 09:00"))
}

/// A reason for being away.
#[derive(Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reason")]
pub(crate) struct ReasonBody {
    /// 1 to 40 characters of [a-z0-9_-].
    id: String,
    /// In Japanese.
    ja: String,
    /// In English.
    en: String,
}

/// What segments and reasons count, in steps of priority.
#[derive(Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Priorities")]
pub(crate) struct PrioritiesBody {
    /// By customer segment, 0 to 9.
    #[serde(default)]
    segments: BTreeMap<String, u32>,
    /// By contact reason, 0 to 9.
    #[serde(default)]
    reasons: BTreeMap<String, u32>,
}

impl From<&routing::Priorities> for PrioritiesBody {
    fn from(priorities: &routing::Priorities) -> Self {
        let map = |list: &[routing::Priority]| list.iter().map(|it| (it.id.clone(), it.priority)).collect();
        Self { segments: map(&priorities.segments), reasons: map(&priorities.reasons) }
    }
}

/// Lists the calendars.
pub(in crate::http) async fn calendars(
    State(app): State<Arc<App>>,
    _: Supervisor,
) -> Result<Json<Vec<CalendarBody>>, ApiError> {
    Ok(Json(read(&app, true, 1).await?.calendars.iter().map(CalendarBody::from).collect()))
}

/// Creates or changes a calendar.
pub(in crate::http) async fn set_calendar(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<CalendarBody>,
) -> Result<Json<CalendarBody>, ApiError> {
    let body = CalendarBody { id, ..body };
    let setting = body.clone().into_setting()?;
    define(&app, &by.id, &client, &format!("calendar {}", body.id), setting).await?;
    Ok(Json(body))
}

/// Why agents are away, in the order shown.
pub(in crate::http) async fn reasons(State(app): State<Arc<App>>, _: Agent) -> Result<Json<Vec<ReasonBody>>, ApiError> {
    let reasons = read(&app, true, 1).await?.reasons.unwrap_or_default().reasons;
    Ok(Json(reasons.into_iter().map(ReasonBody::from).collect()))
}

impl From<routing::Reason> for ReasonBody {
    fn from(reason: routing::Reason) -> Self {
        Self { id: reason.reason_id, ja: reason.ja, en: reason.en }
    }
}

/// Sets the whole list.
pub(in crate::http) async fn set_reasons(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<Vec<ReasonBody>>,
) -> Result<Json<Vec<ReasonBody>>, ApiError> {
    let reason = |it: ReasonBody| routing::Reason { reason_id: it.id, ja: it.ja, en: it.en };
    let reasons = routing::Reasons { reasons: body.iter().cloned().map(reason).collect() };
    let setting = routing::Setting { what: Some(setting::What::Reasons(reasons)) };
    define(&app, &by.id, &client, "reasons", setting).await?;
    Ok(Json(body))
}

/// Whose contacts come first.
pub(in crate::http) async fn priorities(
    State(app): State<Arc<App>>,
    _: Supervisor,
) -> Result<Json<PrioritiesBody>, ApiError> {
    Ok(Json(PrioritiesBody::from(&read(&app, true, 1).await?.priorities.unwrap_or_default())))
}

/// Sets them all.
pub(in crate::http) async fn set_priorities(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(body): Body<PrioritiesBody>,
) -> Result<Json<PrioritiesBody>, ApiError> {
    let list = |map: &BTreeMap<String, u32>| {
        map.iter().map(|(id, priority)| routing::Priority { id: id.clone(), priority: *priority }).collect()
    };
    let priorities = routing::Priorities { segments: list(&body.segments), reasons: list(&body.reasons) };
    let setting = routing::Setting { what: Some(setting::What::Priorities(priorities)) };
    define(&app, &by.id, &client, "priorities", setting).await?;
    Ok(Json(body))
}

async fn define(
    app: &App,
    by: &str,
    client: &Client,
    subject: &str,
    setting: routing::Setting,
) -> Result<(), ApiError> {
    let what = What::DefineSetting(DefineSetting { setting: Some(setting) });
    let outcome = app.routing.execute_by(by, what).await;
    let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |()| "ok");
    client.note(app, by, "setting_set", subject, word);
    Ok(outcome?)
}
