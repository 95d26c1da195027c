//! `SegmentService` over gRPC: requests in, answers out. No decisions.

use std::collections::BTreeSet;

use chassis::refusal::Refusal;
use journal::Expect;
use proto::crm::v1::{self as pb, segment_service_server::SegmentService};
use tonic::{Request, Response, Status};

use super::{DAY, Knower, members, settings::Settings, trend, view};
use crate::{
    bus,
    error::{away, invalid},
    fold::{Folded, is_record_id},
    grpc::Door as Customers,
    journey::{Asked, Counter},
    media,
    service::now_ms,
    view::{Whole, Whom, group_of, look_up},
    word::{self, Stages},
};

const DEFAULT_MEMBERS: u32 = 100;
const MOST_MEMBERS: u32 = 500;
const MOST_CALLABLE: u32 = 200;
const DEFAULT_DAYS: u32 = 90;
const MOST_DAYS: u32 = 366;
const DEFAULT_PATHS: u32 = 20;
const MOST_PATHS: u32 = 100;

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) customers: Customers,
    pub(crate) journeys: Counter,
    pub(crate) media: media::Counter,
}

#[tonic::async_trait]
impl SegmentService for Door {
    async fn get_segments(
        &self,
        _: Request<pb::GetSegmentsRequest>,
    ) -> Result<Response<pb::GetSegmentsResponse>, Status> {
        let settings = self.knower().settings().await?;
        Ok(Response::new(pb::GetSegmentsResponse { settings: Some(settings.told.clone()) }))
    }

    async fn set_segments(
        &self,
        request: Request<pb::SetSegmentsRequest>,
    ) -> Result<Response<pb::SetSegmentsResponse>, Status> {
        let pb::SetSegmentsRequest { settings, by } = request.into_inner();
        let settings = settings.ok_or_else(|| invalid("bad_segment", "settings are needed"))?;
        let told = self.set(settings, by).await?;
        Ok(Response::new(pb::SetSegmentsResponse { settings: Some(told) }))
    }

    async fn segments_of(
        &self,
        request: Request<pb::SegmentsOfRequest>,
    ) -> Result<Response<pb::SegmentsOfResponse>, Status> {
        let id = request.into_inner().customer_id;
        if !is_record_id(&id) {
            return Err(invalid("bad_id", "an id is 1 to 64 of [A-Za-z0-9_-]").into());
        }
        Ok(Response::new(self.of(&id).await?))
    }

    async fn list_members(
        &self,
        request: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        let request = request.into_inner();
        let limit = if request.limit == 0 { DEFAULT_MEMBERS } else { request.limit };
        if limit > MOST_MEMBERS {
            return Err(invalid("too_many", "at most 500 members at once").into());
        }
        if !request.after.is_empty() && !is_record_id(&request.after) {
            return Err(invalid("bad_cursor", "that is no place in a list of members").into());
        }
        Ok(Response::new(self.members(&request, limit).await?))
    }

    async fn list_callable(
        &self,
        request: Request<pb::ListCallableRequest>,
    ) -> Result<Response<pb::ListCallableResponse>, Status> {
        let request = request.into_inner();
        let limit = if request.limit == 0 { DEFAULT_MEMBERS } else { request.limit };
        if limit > MOST_CALLABLE {
            return Err(invalid("too_many", "at most 200 customers are looked at").into());
        }
        if !request.after.is_empty() && !is_record_id(&request.after) {
            return Err(invalid("bad_cursor", "that is no place in a list of members").into());
        }
        Ok(Response::new(members::callable(&self.customers, &request, i64::from(limit)).await?))
    }

    async fn get_trend(&self, request: Request<pb::GetTrendRequest>) -> Result<Response<pb::GetTrendResponse>, Status> {
        let days = request.into_inner().days;
        let days = if days == 0 { DEFAULT_DAYS } else { days };
        if days > MOST_DAYS {
            return Err(invalid("bad_period", "a trend is of 1 to 366 days").into());
        }
        let first = trend::day_of(now_ms().saturating_sub(u64::from(days - 1) * DAY));
        let days = trend::days(&self.customers.pool, first).await.map_err(|error| away(&error))?;
        Ok(Response::new(pb::GetTrendResponse { days }))
    }

    async fn count_journeys(
        &self,
        request: Request<pb::CountJourneysRequest>,
    ) -> Result<Response<pb::CountJourneysResponse>, Status> {
        let asked = asked(request.into_inner())?;
        let stages = word::stages(&self.customers.pool).await?;
        let asked = Asked { stages, ..asked };
        let figures = self.journeys.ask(&asked).await?;
        Ok(Response::new(pb::CountJourneysResponse { figures }))
    }

    async fn count_media(
        &self,
        request: Request<pb::CountMediaRequest>,
    ) -> Result<Response<pb::CountMediaResponse>, Status> {
        Ok(Response::new(self.media.count(request.into_inner()).await?))
    }
}

/// A sound question about journeys.
fn asked(request: pb::CountJourneysRequest) -> Result<Asked, Refusal> {
    let or = |value: u32, default| if value == 0 { default } else { value };
    let (days, paths) = (or(request.days, DEFAULT_DAYS), or(request.paths, DEFAULT_PATHS));
    if days > MOST_DAYS {
        return Err(invalid("bad_period", "journeys are counted over 1 to 366 days"));
    }
    if paths > MOST_PATHS {
        return Err(invalid("too_many", "at most 100 paths are told"));
    }
    if request.segment_id.len() > 64 || request.entry_channel.len() > 128 || request.entry_route.len() > 512 {
        return Err(invalid("bad_entry", "a segment, channel or route of this length there is none"));
    }
    Ok(Asked {
        days,
        segment: request.segment_id,
        channel: request.entry_channel,
        route: request.entry_route,
        by_kind: request.by_kind,
        paths: usize::try_from(paths).unwrap_or(usize::MAX),
        stages: Stages::default(),
    })
}

impl Door {
    fn knower(&self) -> &Knower {
        &self.customers.knower
    }

    async fn set(&self, told: pb::SegmentSettings, by: String) -> Result<pb::SegmentSettings, Refusal> {
        let read = told.version;
        let mut told = Settings::checked(told)?.told;
        told.version = 0;
        let set = pb::SegmentsSet { settings: Some(told.clone()), by, at_ms: now_ms() };
        told.version = bus::set(&self.customers.journal, view::subject(), Expect::Last(read), &set).await?;
        Ok(told)
    }

    async fn of(&self, record: &str) -> Result<pb::SegmentsOfResponse, Refusal> {
        let Some(id) = group_of(&self.customers.pool, record).await? else {
            let settings = self.knower().settings().await?;
            let segment_ids = Knower::of_nobody(&settings);
            return Ok(pb::SegmentsOfResponse { known: false, segment_ids });
        };
        let mut meant = self.customers.reader().customers(Whom::One(&id)).await?;
        if let Some(caller) = meant.first().filter(|whole| whole.customer.thin) {
            let others = self.known_by(caller).await?;
            if !others.is_empty() {
                meant = others;
            }
        }
        self.knower().tell(&mut meant).await?;
        // Several who share a number: only what holds of all of them.
        let mut sets = meant.iter().map(|whole| whole.customer.segments.iter().cloned().collect::<BTreeSet<_>>());
        let common = sets.next().map(|first| sets.fold(first, |held, more| &held & &more)).unwrap_or_default();
        let order = meant.into_iter().next().map(|whole| whole.customer.segments).unwrap_or_default();
        let segment_ids = order.into_iter().filter(|segment| common.contains(segment)).collect();
        Ok(pb::SegmentsOfResponse { known: true, segment_ids })
    }

    /// Customers with a name or a history who are known by what a caller is known by.
    async fn known_by(&self, caller: &Whole) -> Result<Vec<Whole>, Refusal> {
        let identities: Vec<Folded> = caller.identities.clone();
        if identities.is_empty() {
            return Ok(Vec::new());
        }
        let found = look_up(&self.customers.reader(), &self.customers.hasher, &identities).await?;
        Ok(found.into_iter().filter(|whole| !whole.customer.thin).collect())
    }

    async fn members(&self, request: &pb::ListMembersRequest, limit: u32) -> Result<pb::ListMembersResponse, Refusal> {
        let place = (request.segment_id.as_str(), request.after.as_str());
        let (members, next) = members(&self.customers, place, i64::from(limit)).await?;
        let members = members
            .into_iter()
            .map(|(whole, known)| pb::Member { customer_id: whole.customer.customer_id, figures: Some(known.figures) });
        Ok(pb::ListMembersResponse { members: members.collect(), next })
    }
}
