//! `WordService` over gRPC: requests in, answers out.

use chassis::refusal::Refusal;
use journal::Expect;
use proto::crm::v1::{self as pb, word_service_server::WordService};
use tonic::{Request, Response, Status};

use super::{settings, view};
use crate::{
    bus,
    error::{away, invalid},
    grpc::Door as Customers,
    service::now_ms,
};

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) customers: Customers,
}

#[tonic::async_trait]
impl WordService for Door {
    async fn get_words(&self, _: Request<pb::GetWordsRequest>) -> Result<Response<pb::GetWordsResponse>, Status> {
        let words = view::words(&self.customers.pool).await.map_err(|error| away(&error))?;
        Ok(Response::new(pb::GetWordsResponse { words: Some(words) }))
    }

    async fn set_words(&self, request: Request<pb::SetWordsRequest>) -> Result<Response<pb::SetWordsResponse>, Status> {
        let pb::SetWordsRequest { words, by } = request.into_inner();
        let words = words.ok_or_else(|| invalid("bad_word", "words are needed"))?;
        let words = Some(self.set(words, by).await?);
        Ok(Response::new(pb::SetWordsResponse { words }))
    }
}

impl Door {
    async fn set(&self, told: pb::CompanyWords, by: String) -> Result<pb::CompanyWords, Refusal> {
        let read = told.version;
        let words = settings::checked(told)?;
        let set = pb::WordsSet { words: Some(words.clone()), by, at_ms: now_ms() };
        let version = bus::set(&self.customers.journal, view::subject(), Expect::Last(read), &set).await?;
        Ok(pb::CompanyWords { version, ..words })
    }
}
