//! `SegmentService` over gRPC: requests in, answers out. No decisions.

use std::collections::BTreeSet;

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, Expect};
use prost::Message as _;
use proto::{
    crm::v1::{self as pb, segment_service_server::SegmentService},
    journal::v1::Unit,
};
use tonic::{Request, Response, Status};

use super::{Knower, settings::Settings, view};
use crate::{
    bus::CRM,
    error::{away, invalid, unavailable},
    fold::{Folded, is_record_id},
    grpc::Door as Customers,
    service::now_ms,
    view::{Whole, group_of, look_up},
};

const DEFAULT_MEMBERS: u32 = 100;
const MOST_MEMBERS: u32 = 500;

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) customers: Customers,
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
        let journal = &self.customers.journal;
        let events = vec![Bytes::from(set.encode_to_vec())];
        let unit = Unit { events, decided_at_ms: set.at_ms, site: journal.site().to_owned(), claim: None, epoch: 0 };
        let id = uuid::Uuid::new_v4().to_string();
        let append = Append { stream: CRM, subject: view::subject(), expect: Expect::Last(read), id, unit };
        match journal.append(append).await {
            Ok(appended) => {
                told.version = appended.sequence;
                Ok(told)
            }
            Err(AppendError::Conflict { .. }) => {
                let message = "somebody else changed the segments meanwhile: read them again";
                Err(Refusal::new(Code::FailedPrecondition, "conflict", message))
            }
            Err(
                error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. } | AppendError::Unavailable { .. }),
            ) => {
                tracing::warn!(%error, "segments not confirmed");
                Err(unavailable("the journal did not confirm in time"))
            }
        }
    }

    async fn of(&self, record: &str) -> Result<pb::SegmentsOfResponse, Refusal> {
        let Some(id) = group_of(&self.customers.pool, record).await? else {
            let settings = self.knower().settings().await?;
            let segment_ids = Knower::of_nobody(&settings);
            return Ok(pb::SegmentsOfResponse { known: false, segment_ids });
        };
        let mut meant = self.customers.reader().customers(std::slice::from_ref(&id)).await?;
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
        let settings = self.knower().settings().await?;
        if !settings.segments.iter().any(|segment| segment.id == request.segment_id) {
            return Err(Refusal::new(Code::NotFound, "no_such_segment", "there is no segment of this id"));
        }
        let ids = view::page(&self.customers.pool, &request.after, i64::from(limit)).await;
        let ids = ids.map_err(|error| away(&error))?;
        let full = ids.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        let next = ids.last().filter(|_| full).cloned().unwrap_or_default();
        let customers = self.customers.reader().customers(&ids).await?;
        let known = self.knower().know(&customers).await?;
        let belongs = known.into_iter().filter(|(_, known)| known.segments.contains(&request.segment_id));
        let members = belongs.map(|(customer_id, known)| pb::Member { customer_id, figures: Some(known.figures) });
        Ok(pb::ListMembersResponse { members: members.collect(), next })
    }
}
