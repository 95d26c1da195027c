//! What agents ask of shops, made into commands.

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use prost::Message as _;
use proto::crm::v1 as pb;
use uuid::Uuid;

use super::{Door, no_such_order};
use crate::{
    error::{away, invalid, locked},
    fold::is_record_id,
    order,
    shop::{
        asking::{self, needs_order},
        carrier::subject,
    },
};

/// Whether this can be a command's id.
pub(super) fn is_command(id: &str) -> Result<(), Refusal> {
    let canonical = Uuid::try_parse(id).is_ok_and(|read| read.hyphenated().to_string() == id);
    if canonical { Ok(()) } else { Err(invalid("bad_id", "a command's id is a UUID in lower case")) }
}

impl Door {
    /// Stores a command and begins with it. A resend is answered from what is stored, whatever became of order, shop or customer meanwhile.
    pub(super) async fn ask(&self, request: pb::AskShopRequest) -> Result<pb::Command, Refusal> {
        is_command(&request.command_id)?;
        let id = request.command_id.clone();
        let digest = self.digest(&request);
        if let Some(thread) = self.carrier.known(&id, &digest).await? {
            return self.one_shown(id, thread).await;
        }
        let asked = self.asked(request, digest).await?;
        let thread = self.carrier.ask(&id, asked).await?;
        self.one_shown(id, thread).await
    }

    /// Of what was requested, and of nothing that this site's view adds to it.
    fn digest(&self, request: &pb::AskShopRequest) -> Bytes {
        let body = pb::CommandBody { number: String::new(), ..request.body.clone().unwrap_or_default() };
        let named = [&request.shop, &request.customer_id, &request.order_id].map(|name| name.as_bytes());
        let all = [named[0], named[1], named[2], &body.encode_to_vec()].join(&0);
        self.store.orders.digest(&all).into_bytes().into()
    }

    /// What is asked, whole: checked, with the order's number, sealed.
    async fn asked(&self, request: pb::AskShopRequest, digest: Bytes) -> Result<pb::CommandAsked, Refusal> {
        let mut body = request.body.ok_or_else(|| invalid("bad_command", "a command says what to do"))?;
        let kind = asking::check(&body).map_err(|fault| invalid(fault.reason, fault.field))?;
        let order = self.order_of(&request.order_id, needs_order(kind)).await?;
        let of_order = |of: fn(&pb::Order) -> String| order.as_ref().map(of).unwrap_or_default();
        let shop = of_order(|order| order.state.as_ref().map(|state| state.shop.clone()).unwrap_or_default());
        let shop = if shop.is_empty() { request.shop } else { shop };
        if self.shops.get(&shop).is_none() {
            return Err(Refusal::new(Code::NotFound, "no_such_shop", "there is no such shop that can be asked"));
        }
        let owner = of_order(|order| order.record_id.clone());
        let record_id = if owner.is_empty() { request.customer_id } else { owner };
        if !is_record_id(&record_id) {
            return Err(invalid("bad_id", "a command names its customer or an order"));
        }
        body.number =
            of_order(|order| order.private.as_ref().map(|private| private.number.clone()).unwrap_or_default());
        let key = self.store.journal.vault().key(&record_id).await.map_err(|error| locked(&error))?;
        Ok(pb::CommandAsked {
            body: Some(key.seal(&subject(&request.command_id), &body.encode_to_vec())),
            shop,
            record_id,
            order_id: request.order_id,
            kind: kind.into(),
            by: request.by,
            tell: !request.conversation_id.is_empty(),
            conversation_id: request.conversation_id,
            digest,
        })
    }

    /// The order that a command is about, whose number can be told to the shop.
    async fn order_of(&self, id: &str, needed: bool) -> Result<Option<pb::Order>, Refusal> {
        if id.is_empty() {
            return if needed { Err(invalid("bad_command", "this command is about an order")) } else { Ok(None) };
        }
        let row = order::view::one(&self.pool, id).await.map_err(|error| away(&error))?.ok_or_else(no_such_order)?;
        let order = self.opened(vec![row]).await?.pop().ok_or_else(no_such_order)?;
        if order.private.is_none() {
            return Err(Refusal::new(Code::FailedPrecondition, "erased", "the customer was erased"));
        }
        Ok(Some(order))
    }
}
