//! `RetentionService` over gRPC: requests in, answers out. No decisions.

use chassis::refusal::Refusal;
use proto::crm::v1::{self as pb, retention_service_server::RetentionService};
use tonic::{Request, Response, Status};

use super::{
    rule::{Rules, Verdict},
    run::rules_of,
    store, view,
};
use crate::{
    error::{away, invalid, no_such_customer},
    fold::is_record_id,
    grpc::Door as Customers,
    service::now_ms,
    view::group_of,
};

/// Customers that one run erases, when nobody said.
const USUAL_PER_RUN: u32 = 100;
/// The same, at most.
const MOST_PER_RUN: u32 = 1_000;
/// Longest reason, characters.
const LONGEST_REASON: usize = 500;
/// Customers that a preview looks at, at most, and together.
const LOOKED_AT: i64 = 20_000;
const TOGETHER: usize = 500;
/// Customers that a preview names.
const NAMED: usize = 100;

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) customers: Customers,
}

#[tonic::async_trait]
impl RetentionService for Door {
    async fn get_retention(
        &self,
        _: Request<pb::GetRetentionRequest>,
    ) -> Result<Response<pb::GetRetentionResponse>, Status> {
        let pool = &self.customers.pool;
        let settings = view::settings(pool).await.map_err(|error| away(&error))?;
        let last_run = view::last_run(pool).await.map_err(|error| away(&error))?.map(|(run, _)| run);
        let nobody = || pb::RetentionSettings { most_per_run: USUAL_PER_RUN, ..pb::RetentionSettings::default() };
        let settings = Some(settings.map_or_else(nobody, |(settings, _)| settings));
        Ok(Response::new(pb::GetRetentionResponse { settings, last_run }))
    }

    async fn set_retention(
        &self,
        request: Request<pb::SetRetentionRequest>,
    ) -> Result<Response<pb::SetRetentionResponse>, Status> {
        let pb::SetRetentionRequest { settings, by } = request.into_inner();
        let mut settings = checked(settings)?;
        settings.version = store::set(&self.customers.journal, settings, by).await?;
        Ok(Response::new(pb::SetRetentionResponse { settings: Some(settings) }))
    }

    async fn preview_retention(
        &self,
        request: Request<pb::PreviewRetentionRequest>,
    ) -> Result<Response<pb::PreviewRetentionResponse>, Status> {
        let settings = checked(request.into_inner().settings)?;
        Ok(Response::new(self.preview(&rules_of(&settings)).await?))
    }

    async fn hold_customer(
        &self,
        request: Request<pb::HoldCustomerRequest>,
    ) -> Result<Response<pb::HoldCustomerResponse>, Status> {
        let pb::HoldCustomerRequest { customer_id, reason, by } = request.into_inner();
        let length = reason.trim().chars().count();
        if !(1..=LONGEST_REASON).contains(&length) {
            return Err(invalid("bad_reason", "a reason has 1 to 500 characters").into());
        }
        let customer = self.customer(&customer_id).await?;
        // All records: whoever takes them apart later takes none of them out of the hold.
        self.customers.all_caught_up().await?;
        let mut at_ms = 0;
        for record in self.customers.records_from(&customer).await? {
            at_ms = store::hold(&self.customers.journal, &record, Some(reason.trim()), by.clone()).await?;
        }
        let hold = pb::Hold { customer_id: customer.clone(), record_id: customer, reason, by, at_ms };
        Ok(Response::new(pb::HoldCustomerResponse { hold: Some(hold) }))
    }

    async fn lift_hold(&self, request: Request<pb::LiftHoldRequest>) -> Result<Response<pb::LiftHoldResponse>, Status> {
        let pb::LiftHoldRequest { customer_id, by } = request.into_inner();
        let customer = self.customer(&customer_id).await?;
        self.customers.all_caught_up().await?;
        let held = view::held_records(&self.customers.pool, &[customer]).await.map_err(|error| away(&error))?;
        for (_, record) in held {
            store::hold(&self.customers.journal, &record, None, by.clone()).await?;
        }
        Ok(Response::new(pb::LiftHoldResponse {}))
    }

    async fn list_holds(&self, _: Request<pb::ListHoldsRequest>) -> Result<Response<pb::ListHoldsResponse>, Status> {
        let held = view::holds(&self.customers.pool).await.map_err(|error| away(&error))?;
        let mut holds = Vec::with_capacity(held.len());
        for (customer_id, record_id, sealed, by, at_ms) in held {
            let reason = store::reason(&self.customers.journal, &record_id, &sealed).await;
            holds.push(pb::Hold { customer_id, record_id, reason, by, at_ms });
        }
        Ok(Response::new(pb::ListHoldsResponse { holds }))
    }
}

impl Door {
    async fn customer(&self, id: &str) -> Result<String, Refusal> {
        if !is_record_id(id) {
            return Err(invalid("bad_id", "an id is 1 to 64 of [A-Za-z0-9_-]"));
        }
        group_of(&self.customers.pool, id).await?.ok_or_else(no_such_customer)
    }

    async fn preview(&self, rules: &Rules) -> Result<pb::PreviewRetentionResponse, Refusal> {
        let (pool, now) = (&self.customers.pool, now_ms());
        let mut told = pb::PreviewRetentionResponse::default();
        let Some(earliest) = rules.earliest(now) else { return Ok(told) };
        let silent = view::silent(pool, rules, earliest, LOOKED_AT + 1).await.map_err(|error| away(&error))?;
        let most = usize::try_from(LOOKED_AT).unwrap_or(usize::MAX);
        told.more = silent.len() > most;
        for ids in silent[..silent.len().min(most)].chunks(TOGETHER) {
            let facts = view::facts(pool, ids).await.map_err(|error| away(&error))?;
            for customer_id in ids {
                let Some(facts) = facts.get(customer_id) else { continue };
                match rules.decide(facts, now) {
                    Verdict::Young => {}
                    Verdict::Open => told.kept_open += 1,
                    Verdict::Held => told.kept_held += 1,
                    Verdict::Erase => {
                        *(if facts.ordered { &mut told.customers } else { &mut told.prospects }) += 1;
                        if told.candidates.len() < NAMED {
                            let (last_at_ms, ordered) = (facts.last_at, facts.ordered);
                            let customer_id = customer_id.clone();
                            told.candidates.push(pb::RetentionCandidate { customer_id, last_at_ms, ordered });
                        }
                    }
                }
            }
        }
        Ok(told)
    }
}

fn checked(settings: Option<pb::RetentionSettings>) -> Result<pb::RetentionSettings, Refusal> {
    let bad = || invalid("bad_retention", "days are 30 to 36,500 or 0, and a run erases 1 to 1,000");
    let settings = settings.ok_or_else(bad)?;
    let sound = rules_of(&settings).are_sound() && (1..=MOST_PER_RUN).contains(&settings.most_per_run);
    if sound { Ok(settings) } else { Err(bad()) }
}
