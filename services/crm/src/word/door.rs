//! `WordService` over gRPC: requests in, answers out.

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, Expect};
use prost::Message as _;
use proto::{
    crm::v1::{self as pb, word_service_server::WordService},
    journal::v1::Unit,
};
use tonic::{Request, Response, Status};

use super::{settings, view};
use crate::{
    bus::CRM,
    error::{away, invalid, unavailable},
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
        let journal = &self.customers.journal;
        let events = vec![Bytes::from(set.encode_to_vec())];
        let unit = Unit { events, decided_at_ms: set.at_ms, site: journal.site().to_owned(), claim: None, epoch: 0 };
        let id = uuid::Uuid::new_v4().to_string();
        let append = Append { stream: CRM, subject: view::subject(), expect: Expect::Last(read), id, unit };
        match journal.append(append).await {
            Ok(appended) => Ok(pb::CompanyWords { version: appended.sequence, ..words }),
            Err(AppendError::Conflict { .. }) => {
                let message = "somebody else changed the words meanwhile: read them again";
                Err(Refusal::new(Code::FailedPrecondition, "conflict", message))
            }
            Err(
                error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. } | AppendError::Unavailable { .. }),
            ) => {
                tracing::warn!(%error, "the company's words not confirmed");
                Err(unavailable("the journal did not confirm in time"))
            }
        }
    }
}
