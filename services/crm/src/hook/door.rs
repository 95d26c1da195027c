//! `WebhookService` over gRPC: requests in, answers out. No decisions.

use std::collections::BTreeSet;

use chassis::refusal::{Code, Refusal};
use prost::Message as _;
use proto::crm::v1::{self as pb, WebhookState, webhook_event::What, webhook_service_server::WebhookService};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    keeper::{Keeper, stream, subject},
    kind::{Source, is_kind, sources},
    lanes::{Receiver, send},
    tell::{self, KEY_PREFIX},
    thread::{Places, Thread, decide},
    view,
};
use crate::{
    error::{away, invalid, locked, unavailable},
    service::now_ms,
};

/// Webhooks, at most: each reads the streams for itself.
const MOST: usize = 20;
/// Longest name, characters.
const LONGEST_NAME: usize = 60;
/// Longest address, bytes.
const LONGEST_URL: usize = 2_000;

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) keeper: Keeper,
}

#[tonic::async_trait]
impl WebhookService for Door {
    async fn list_webhooks(
        &self,
        _: Request<pb::ListWebhooksRequest>,
    ) -> Result<Response<pb::ListWebhooksResponse>, Status> {
        let all = view::all(self.keeper.pool()).await.map_err(|error| away(&error))?;
        let mut webhooks = Vec::with_capacity(all.len());
        for (id, thread) in all {
            webhooks.extend(self.shown(&id, &thread).await);
        }
        Ok(Response::new(pb::ListWebhooksResponse { webhooks }))
    }

    async fn add_webhook(
        &self,
        request: Request<pb::AddWebhookRequest>,
    ) -> Result<Response<pb::AddWebhookResponse>, Status> {
        Ok(Response::new(self.add(request.into_inner()).await?))
    }

    async fn pause_webhook(
        &self,
        request: Request<pb::PauseWebhookRequest>,
    ) -> Result<Response<pb::PauseWebhookResponse>, Status> {
        let pb::PauseWebhookRequest { webhook_id, by } = request.into_inner();
        let webhook = Some(self.turn(&webhook_id, &by, WebhookState::Paused).await?);
        Ok(Response::new(pb::PauseWebhookResponse { webhook }))
    }

    async fn resume_webhook(
        &self,
        request: Request<pb::ResumeWebhookRequest>,
    ) -> Result<Response<pb::ResumeWebhookResponse>, Status> {
        let pb::ResumeWebhookRequest { webhook_id, by } = request.into_inner();
        let webhook = Some(self.turn(&webhook_id, &by, WebhookState::Active).await?);
        Ok(Response::new(pb::ResumeWebhookResponse { webhook }))
    }

    async fn remove_webhook(
        &self,
        request: Request<pb::RemoveWebhookRequest>,
    ) -> Result<Response<pb::RemoveWebhookResponse>, Status> {
        let pb::RemoveWebhookRequest { webhook_id, by } = request.into_inner();
        let removed = |thread: &Thread| match thread.held {
            Some(_) => Ok(Some(What::Removed(pb::WebhookRemoved {}))),
            // It was removed, and perhaps its key was not erased yet.
            None if thread.last > 0 => Ok(None),
            None => Err(unknown()),
        };
        self.keeper.change(checked(&webhook_id)?, &by, removed).await?;
        self.keeper.journal().vault().erase(&webhook_id).await.map_err(|error| locked(&error))?;
        Ok(Response::new(pb::RemoveWebhookResponse {}))
    }

    async fn test_webhook(
        &self,
        request: Request<pb::TestWebhookRequest>,
    ) -> Result<Response<pb::TestWebhookResponse>, Status> {
        let id = request.into_inner().webhook_id;
        let thread = self.keeper.read(checked(&id)?).await?;
        thread.held.as_ref().ok_or_else(unknown)?;
        let private = self.keeper.private(&id, &thread).await?.ok_or_else(unknown)?;
        let receiver = Receiver { target: self.keeper.target(&private.url)?, secret: private.secret };
        let event = tell::test(format!("test-{}", Uuid::new_v4()), now_ms());
        let delivery = Some(send(&self.keeper, &receiver, &event).await);
        Ok(Response::new(pb::TestWebhookResponse { delivery }))
    }
}

impl Door {
    async fn add(&self, request: pb::AddWebhookRequest) -> Result<pb::AddWebhookResponse, Refusal> {
        let pb::AddWebhookRequest { name, url, kinds, by } = request;
        let fits = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        if !fits(&name) || name.chars().count() > LONGEST_NAME {
            return Err(invalid("bad_name", "a name has 1 to 60 characters"));
        }
        if url.len() > LONGEST_URL {
            return Err(invalid("bad_url", "an address has at most 2,000 bytes"));
        }
        self.keeper.target(&url)?;
        if kinds.is_empty() || !kinds.iter().all(|kind| is_kind(kind)) {
            return Err(invalid("bad_kind", "a webhook wants at least one of the kinds that there are"));
        }
        let there = view::all(self.keeper.pool()).await.map_err(|error| away(&error))?;
        if there.len() >= MOST {
            return Err(Refusal::new(Code::FailedPrecondition, "too_many", "at most 20 webhooks"));
        }
        let id = format!("{KEY_PREFIX}{}", Uuid::new_v4());
        let secret = format!("whsec_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let key = self.keeper.journal().vault().key(&id).await.map_err(|error| locked(&error))?;
        let private = pb::WebhookPrivate { url, secret: secret.clone() }.encode_to_vec();
        let kinds: BTreeSet<String> = kinds.into_iter().collect();
        let added = pb::WebhookAdded {
            name,
            places: Some(self.ends(&sources(&kinds)).await?.written()),
            kinds: kinds.into_iter().collect(),
            private: Some(key.seal(&subject(&id), &private)),
        };
        let thread = self.keeper.add(&id, &by, What::Added(added)).await?;
        Ok(pb::AddWebhookResponse { webhook: self.shown(&id, &thread).await, secret })
    }

    /// Where the streams end now.
    async fn ends(&self, sources: &BTreeSet<Source>) -> Result<Places, Refusal> {
        let mut places = Places::default();
        for source in sources {
            let last = self.keeper.journal().last_sequence(&stream(*source)).await.map_err(|error| {
                tracing::warn!(%error, "how far a stream is cannot be read");
                unavailable("the journal does not answer")
            })?;
            places.advance(*source, last);
        }
        Ok(places)
    }

    async fn turn(&self, id: &str, by: &str, state: WebhookState) -> Result<pb::Webhook, Refusal> {
        let wanted = |thread: &Thread| Ok(decide(thread.held.as_ref().ok_or_else(unknown)?, state));
        let thread = self.keeper.change(checked(id)?, by, wanted).await?;
        self.shown(id, &thread).await.ok_or_else(unknown)
    }

    async fn shown(&self, id: &str, thread: &Thread) -> Option<pb::Webhook> {
        let hook = thread.held.as_ref()?;
        let private = self.keeper.private(id, thread).await.ok().flatten().unwrap_or_default();
        let owner = thread.claim.as_ref().map(|claim| claim.owner.as_str()).unwrap_or_default();
        Some(pb::Webhook {
            webhook_id: id.to_owned(),
            name: hook.name.clone(),
            url: private.url,
            kinds: hook.kinds.iter().cloned().collect(),
            state: hook.state.into(),
            added_at_ms: hook.added_at,
            since_ms: hook.since,
            by: hook.by.clone(),
            failures: hook.health.failures,
            failing_since_ms: hook.health.failing_since,
            deliveries: hook.deliveries.clone(),
            site: owner.split('.').next().unwrap_or_default().to_owned(),
        })
    }
}

fn checked(id: &str) -> Result<&str, Refusal> {
    let fits = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let named = id.strip_prefix(KEY_PREFIX).is_some_and(|rest| rest.len() == 36 && rest.bytes().all(fits));
    if named { Ok(id) } else { Err(unknown()) }
}

fn unknown() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_webhook", "there is no webhook of this id")
}
