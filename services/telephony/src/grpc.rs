//! Requests in; no decisions.

use std::{pin::Pin, sync::Arc};

use chassis::refusal::Refusal;
use futures::Stream;
use proto::{
    chat::v1::{Command as ChatCommand, ExecuteRequest, Party, PartyKind, Take, Transfer, command::What as Say},
    telephony::v1::{self as pb, telephony_service_server::TelephonyService},
};
use tokio_stream::{StreamExt as _, wrappers::BroadcastStream};
use tonic::{Request, Response, Status};

use crate::{
    book::Known,
    bus::{self, Question},
    call::{LegKind, To},
    campaigns::{door as campaigns, list as never_called},
    convert::{person, uuid},
    door,
    error::{invalid, no_such_call},
    gateway::Gateway,
    ids::CallId,
    ivr,
    lists::{self, may_see},
    media,
    recordings::Recorded,
    voicemail,
};

/// Bytes of a piece of sound.
const PIECE: usize = 256 * 1024;

/// The service's door.
pub(crate) struct Api {
    gateway: Arc<Gateway>,
}

impl Api {
    pub(crate) fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway }
    }

    /// A call that lives, or has just ended, and that this person may see.
    fn known(&self, call: &str, by: Option<pb::Person>) -> Result<(CallId, Known), Refusal> {
        let (id, by) = (CallId(uuid("call_id", call)?), person(by)?);
        let known = self.gateway.book.get(id).filter(|known| may_see(known, &by));
        Ok((id, known.ok_or_else(no_such_call)?))
    }

    /// Whose key opens a part: of calls that somebody may see all, of others the message that is for them.
    async fn customer_of_part(&self, request: &pb::ReadPartRequest) -> Result<(CallId, String), Refusal> {
        let refused = match lists::get(&self.gateway, &request.call_id, request.by.clone()).await {
            Ok((id, call)) => return Ok((id, call.customer_id)),
            Err(refused) => refused,
        };
        let (id, by) = (CallId(uuid("call_id", &request.call_id)?), person(request.by.clone())?);
        match voicemail::message(&self.gateway, id, &by).await {
            Ok((message, customer)) if message.part == request.part => Ok((id, customer)),
            Ok(_) | Err(_) => Err(refused),
        }
    }

    /// What moves a conversation within the center moves its call.
    async fn hand_over(&self, request: &pb::CommandCallRequest, known: &Known) -> Result<(), Status> {
        let by = person(request.by.clone())?;
        let deed = request.deed();
        let say = if deed == pb::Deed::TakeOver {
            if !by.supervisor {
                return Err(Refusal::from(crate::call::Rejection::Forbidden).into());
            }
            Say::Take(Take { from_agent_id: known.call.agent.clone().unwrap_or_default() })
        } else if deed == pb::Deed::CompleteConsult {
            let Some(colleague) = consulted(known) else {
                return Err(Refusal::from(crate::call::Rejection::NotNow).into());
            };
            transfer(request, known, To::Agent(colleague))
        } else {
            transfer(request, known, door::to(&self.gateway, request)?)
        };
        let party = Party { kind: PartyKind::Agent.into(), id: by.id, supervisor: by.supervisor };
        let command = ChatCommand { conversation_id: request.call_id.clone(), by: Some(party), what: Some(say) };
        self.gateway.chat.clone().execute(ExecuteRequest { command: Some(command) }).await?;
        Ok(())
    }
}

fn transfer(request: &pb::CommandCallRequest, known: &Known, to: To) -> Say {
    let (queue, to_agent_id) = match to {
        To::Queue(queue) => (queue, String::new()),
        To::Agent(agent) => (known.call.queue.clone(), agent),
        To::Number(_) => (known.call.queue.clone(), String::new()),
    };
    let summary_id = if request.summary.is_empty() { String::new() } else { request.command_id.clone() };
    Say::Transfer(Transfer { queue, to_agent_id, summary: request.summary.clone(), summary_id })
}

/// The colleague who is being consulted; none when it is somebody outside.
fn consulted(known: &Known) -> Option<String> {
    let leg = known.call.consult.and_then(|leg| known.call.legs.get(&leg))?;
    if let LegKind::Consulted(colleague) = &leg.kind { Some(colleague.clone()) } else { None }
}

/// Hand-over within the center.
fn is_hand_over(request: &pb::CommandCallRequest, known: &Known) -> bool {
    let deed = request.deed();
    let to_colleague = || deed == pb::Deed::CompleteConsult && consulted(known).is_some();
    deed == pb::Deed::TakeOver || to_colleague() || deed == pb::Deed::Transfer && request.to_number.is_empty()
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl TelephonyService for Api {
    type WatchCallsStream = Answers<pb::WatchCallsResponse>;
    type ReadPartStream = Answers<pb::ReadPartResponse>;

    async fn join_call(&self, request: Request<pb::JoinCallRequest>) -> Result<Response<pb::JoinCallResponse>, Status> {
        let request = request.into_inner();
        let call = CallId(uuid("call_id", &request.call_id)?);
        let question = Question { join: Some(request), command: None };
        let joined = bus::ask(&self.gateway, call, question).await?;
        Ok(Response::new(joined.ok_or_else(no_such_call)?))
    }

    async fn command_call(
        &self,
        request: Request<pb::CommandCallRequest>,
    ) -> Result<Response<pb::CommandCallResponse>, Status> {
        let request = request.into_inner();
        let (_, known) = self.known(&request.call_id, request.by.clone())?;
        if is_hand_over(&request, &known) {
            self.hand_over(&request, &known).await?;
        } else {
            let call = CallId(uuid("call_id", &request.call_id)?);
            bus::ask(&self.gateway, call, Question { join: None, command: Some(request) }).await?;
        }
        Ok(Response::new(pb::CommandCallResponse {}))
    }

    async fn start_call(
        &self,
        request: Request<pb::StartCallRequest>,
    ) -> Result<Response<pb::StartCallResponse>, Status> {
        let id = crate::dialling::start(&self.gateway, request.into_inner()).await?;
        Ok(Response::new(pb::StartCallResponse { call_id: id.to_string() }))
    }

    async fn get_call(&self, request: Request<pb::GetCallRequest>) -> Result<Response<pb::GetCallResponse>, Status> {
        let request = request.into_inner();
        let (_, call) = lists::get(&self.gateway, &request.call_id, request.by).await?;
        Ok(Response::new(pb::GetCallResponse { call: Some(call) }))
    }

    async fn list_calls(
        &self,
        request: Request<pb::ListCallsRequest>,
    ) -> Result<Response<pb::ListCallsResponse>, Status> {
        Ok(Response::new(lists::list(&self.gateway, request.into_inner()).await?))
    }

    async fn watch_calls(&self, _: Request<pb::WatchCallsRequest>) -> Result<Response<Self::WatchCallsStream>, Status> {
        // A watcher that was too slow missed changes: it is told to begin anew.
        let changes = BroadcastStream::new(self.gateway.book.watch()).map(|change| match change {
            Ok(call) => Ok(pb::WatchCallsResponse { call: Some(call) }),
            Err(_) => Err(Status::data_loss("the watcher was too slow")),
        });
        Ok(Response::new(Box::pin(changes)))
    }

    async fn list_parts(
        &self,
        request: Request<pb::ListPartsRequest>,
    ) -> Result<Response<pb::ListPartsResponse>, Status> {
        let request = request.into_inner();
        let (id, call) = lists::get(&self.gateway, &request.call_id, request.by).await?;
        let recorded = Recorded::read(&self.gateway.journal, id, &call.customer_id).await?;
        Ok(Response::new(pb::ListPartsResponse { parts: recorded.list() }))
    }

    async fn read_part(&self, request: Request<pb::ReadPartRequest>) -> Result<Response<Self::ReadPartStream>, Status> {
        let request = request.into_inner();
        let (id, customer) = self.customer_of_part(&request).await?;
        let recorded = Recorded::read(&self.gateway.journal, id, &customer).await?;
        let sound = recorded
            .parts
            .get(&request.part)
            .ok_or_else(|| Refusal::new(chassis::refusal::Code::NotFound, "no_such_part", "nothing was recorded"))?;
        let file = media::wav::stereo_of(&sound.samples);
        let pieces: Vec<_> =
            file.chunks(PIECE).map(|piece| Ok(pb::ReadPartResponse { piece: piece.to_vec().into() })).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(pieces))))
    }

    async fn get_setting(
        &self,
        request: Request<pb::GetSettingRequest>,
    ) -> Result<Response<pb::GetSettingResponse>, Status> {
        let request = request.into_inner();
        let setting = self.gateway.settings.get(&request.kind, &request.id);
        let setting = setting.ok_or_else(|| {
            Refusal::new(chassis::refusal::Code::NotFound, "no_such_setting", "there is no such setting")
        })?;
        let versions =
            if request.with_versions { self.gateway.settings.versions(&request.kind, &request.id) } else { Vec::new() };
        Ok(Response::new(pb::GetSettingResponse { setting: Some(setting), versions }))
    }

    async fn list_settings(
        &self,
        request: Request<pb::ListSettingsRequest>,
    ) -> Result<Response<pb::ListSettingsResponse>, Status> {
        let settings = self.gateway.settings.list(&request.into_inner().kind);
        Ok(Response::new(pb::ListSettingsResponse { settings }))
    }

    async fn put_setting(
        &self,
        request: Request<pb::PutSettingRequest>,
    ) -> Result<Response<pb::PutSettingResponse>, Status> {
        let request = request.into_inner();
        let by = person(request.by.clone())?;
        if !by.supervisor {
            return Err(Refusal::from(crate::call::Rejection::Forbidden).into());
        }
        if request.kind == "flow" && !request.json.is_empty() {
            let (good, findings) = check(&self.gateway, &request.json).await?;
            if !good {
                return Err(invalid("bad_flow", &findings).into());
            }
        }
        let version = self.gateway.settings.put(request).await?;
        Ok(Response::new(pb::PutSettingResponse { version }))
    }

    async fn check_flow(
        &self,
        request: Request<pb::CheckFlowRequest>,
    ) -> Result<Response<pb::CheckFlowResponse>, Status> {
        let (good, findings_json) = check(&self.gateway, &request.into_inner().json).await?;
        Ok(Response::new(pb::CheckFlowResponse { findings_json, good }))
    }

    async fn try_flow(&self, request: Request<pb::TryFlowRequest>) -> Result<Response<pb::TryFlowResponse>, Status> {
        let request = request.into_inner();
        let flow: ivr::flow::Flow =
            serde_json::from_str(&request.json).map_err(|error| invalid("bad_flow", &error.to_string()))?;
        let inputs: Vec<ivr::try_out::TryInput> =
            serde_json::from_str(&request.inputs_json).map_err(|error| invalid("bad_inputs", &error.to_string()))?;
        let steps = ivr::try_out::try_out(&flow, &ivr::try_out::TryCaller::default(), &inputs);
        Ok(Response::new(pb::TryFlowResponse { steps_json: serde_json::to_string(&steps).unwrap_or_default() }))
    }

    async fn create_campaign(
        &self,
        request: Request<pb::CreateCampaignRequest>,
    ) -> Result<Response<pb::CreateCampaignResponse>, Status> {
        let campaign = campaigns::create(&self.gateway, request.into_inner()).await?;
        Ok(Response::new(pb::CreateCampaignResponse { campaign: Some(campaign) }))
    }

    async fn list_campaigns(
        &self,
        request: Request<pb::ListCampaignsRequest>,
    ) -> Result<Response<pb::ListCampaignsResponse>, Status> {
        let campaigns = campaigns::list(&self.gateway, request.into_inner())?;
        Ok(Response::new(pb::ListCampaignsResponse { campaigns }))
    }

    async fn get_campaign(
        &self,
        request: Request<pb::GetCampaignRequest>,
    ) -> Result<Response<pb::GetCampaignResponse>, Status> {
        let (campaign, entries) = campaigns::get(&self.gateway, request.into_inner()).await?;
        Ok(Response::new(pb::GetCampaignResponse { campaign: Some(campaign), entries }))
    }

    async fn change_campaign(
        &self,
        request: Request<pb::ChangeCampaignRequest>,
    ) -> Result<Response<pb::ChangeCampaignResponse>, Status> {
        let campaign = campaigns::change(&self.gateway, request.into_inner()).await?;
        Ok(Response::new(pb::ChangeCampaignResponse { campaign: Some(campaign) }))
    }

    async fn add_entries(
        &self,
        request: Request<pb::AddEntriesRequest>,
    ) -> Result<Response<pb::AddEntriesResponse>, Status> {
        Ok(Response::new(campaigns::add(&self.gateway, request.into_inner()).await?))
    }

    async fn set_do_not_call(
        &self,
        request: Request<pb::SetDoNotCallRequest>,
    ) -> Result<Response<pb::SetDoNotCallResponse>, Status> {
        let changed = never_called::set(&self.gateway, request.into_inner()).await?;
        Ok(Response::new(pb::SetDoNotCallResponse { changed }))
    }

    async fn list_do_not_call(
        &self,
        request: Request<pb::ListDoNotCallRequest>,
    ) -> Result<Response<pb::ListDoNotCallResponse>, Status> {
        Ok(Response::new(never_called::list(&self.gateway, request.into_inner()).await?))
    }

    async fn list_voicemails(
        &self,
        request: Request<pb::ListVoicemailsRequest>,
    ) -> Result<Response<pb::ListVoicemailsResponse>, Status> {
        Ok(Response::new(voicemail::list(&self.gateway, request.into_inner()).await?))
    }

    async fn mark_heard(
        &self,
        request: Request<pb::MarkHeardRequest>,
    ) -> Result<Response<pb::MarkHeardResponse>, Status> {
        Ok(Response::new(voicemail::mark_heard(&self.gateway, request.into_inner()).await?))
    }

    async fn list_trunks(&self, _: Request<pb::ListTrunksRequest>) -> Result<Response<pb::ListTrunksResponse>, Status> {
        let trunks = self.gateway.sip.trunks().into_iter().map(|trunk| pb::Trunk {
            trunk: trunk.id,
            up: trunk.up,
            calls: trunk.calls,
            limit: trunk.channels,
            refused: trunk.refused,
        });
        let site = self.gateway.journal.site().to_owned();
        let carried = Some(self.gateway.load());
        Ok(Response::new(pb::ListTrunksResponse { trunks: trunks.collect(), site, carried }))
    }
}

/// What the linter says of a flow, and whether it may be stored.
async fn check(gateway: &Gateway, json: &str) -> Result<(bool, String), Refusal> {
    let flow: ivr::flow::Flow = serde_json::from_str(json).map_err(|error| invalid("bad_flow", &error.to_string()))?;
    let request =
        proto::routing::v1::GetFloorRequest { floor: gateway.config.floor.clone(), with_lists: true, limit: 1 };
    let floor = gateway
        .routing
        .clone()
        .get_floor(request)
        .await
        .map_err(|_| crate::error::unavailable("the queues are not known just now"))?;
    let floor = floor.into_inner();
    let known = ivr::lint::Known {
        sounds: Some(gateway.speaker.sounds().names()),
        queues: Some(floor.queues.iter().map(|queue| queue.queue_id.clone()).collect()),
        calendars: Some(floor.calendars.iter().map(|calendar| calendar.calendar_id.clone()).collect()),
        services: Some(gateway.services.names()),
    };
    let findings = ivr::lint::lint(&flow, &known);
    Ok((ivr::lint::passes(&findings), serde_json::to_string(&findings).unwrap_or_default()))
}
