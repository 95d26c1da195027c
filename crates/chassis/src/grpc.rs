//! gRPC inside a site: server with health, reflection and the internal token; client channels.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, Routes, interceptor::InterceptedService},
    transport::{Channel as Transport, Endpoint, Server},
};

use crate::{Secret, Shutdown, trace};

/// Where a service listens, and the token its callers must show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Address inside the site.
    pub listen: SocketAddr,
    /// The site's internal token: only the site's own services know it.
    pub token: Secret,
}

/// Why a gRPC server or channel could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// The token has characters that a header cannot carry.
    #[error("the internal token must be visible ASCII")]
    Token,
    /// Not an `http://host:port` address.
    #[error("{url} is not an address of a service")]
    Address {
        /// The address.
        url: String,
        /// Why.
        source: tonic::transport::Error,
    },
    /// The reflection descriptors are broken.
    #[error("setting up gRPC reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// The port could not be bound, or serving failed.
    #[error("serving gRPC on {listen}")]
    Serve {
        /// The address.
        listen: SocketAddr,
        /// Why.
        source: tonic::transport::Error,
    },
}

/// Serves `routes` with health (`service` and the empty name) and reflection of `descriptors` until the shutdown signal, then lets open
/// requests finish within the grace. Every call but health needs the internal token.
///
/// # Errors
/// [`GrpcError`] when the port is taken or a setting is wrong.
pub async fn serve(
    service: &'static str,
    settings: &ServerSettings,
    routes: Routes,
    descriptors: &'static [u8],
    shutdown: Shutdown,
) -> Result<(), GrpcError> {
    let (health, health_service) = tonic_health::server::health_reporter();
    let serving = tonic_health::ServingStatus::Serving;
    health.set_service_status("", serving).await;
    health.set_service_status(service, serving).await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(descriptors)
        .build_v1()
        .map_err(GrpcError::Reflection)?;
    let guard = tonic::service::InterceptorLayer::new(RequireToken::new(&settings.token)?);
    let guarded = routes.add_service(reflection).into_axum_router().layer(guard);
    let open = Routes::from(guarded).add_service(health_service);
    let listen = settings.listen;
    tracing::info!(service, %listen, "gRPC listening");
    let stopping = shutdown.clone();
    let serving = Server::builder()
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(Duration::from_secs(2)))
        .http2_keepalive_timeout(Some(Duration::from_secs(2)))
        .add_routes(open)
        .serve_with_shutdown(listen, async move {
            shutdown.signalled().await;
            health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
        });
    let overdue = async {
        stopping.signalled().await;
        tokio::time::sleep(stopping.grace()).await;
    };
    tokio::select! {
        served = serving => served.map_err(|source| GrpcError::Serve { listen, source }),
        () = overdue => {
            tracing::warn!(service, "gRPC requests still open at the end of the grace were cut");
            Ok(())
        }
    }
}

/// A client's connection: lazy, reconnecting, with the internal token and the trace context on every call.
pub type Channel = InterceptedService<Transport, Caller>;

/// A channel to the service at `url` (`http://host:port`). It connects at the first call and again after every loss.
///
/// # Errors
/// [`GrpcError`] when the address or the token is malformed; never because the service is away.
pub fn channel(url: &str, token: &Secret) -> Result<Channel, GrpcError> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(|source| GrpcError::Address { url: url.to_owned(), source })?
        .connect_timeout(Duration::from_secs(1))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(1))
        .keep_alive_timeout(Duration::from_secs(2))
        .keep_alive_while_idle(true);
    Ok(InterceptedService::new(endpoint.connect_lazy(), Caller(bearer(token)?)))
}

fn bearer(token: &Secret) -> Result<MetadataValue<Ascii>, GrpcError> {
    let mut value = MetadataValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| GrpcError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds the internal token and the trace context to a call.
#[derive(Clone, Debug)]
pub struct Caller(MetadataValue<Ascii>);

impl Interceptor for Caller {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        trace::inject(request.metadata_mut());
        Ok(request)
    }
}

#[derive(Clone)]
struct RequireToken(MetadataValue<Ascii>);

impl RequireToken {
    fn new(token: &Secret) -> Result<Self, GrpcError> {
        Ok(Self(bearer(token)?))
    }
}

impl Interceptor for RequireToken {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let shown = request.metadata().get("authorization").map_or(&[][..], |value| value.as_encoded_bytes());
        if same(shown, self.0.as_encoded_bytes()) {
            Ok(request)
        } else {
            Err(Status::unauthenticated("the internal token is missing or wrong"))
        }
    }
}

/// Compares without telling by its time where the first difference is.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_client::ServerReflectionClient};

    use super::*;

    fn started(shutdown: &Shutdown) -> (String, tokio::task::JoinHandle<Result<(), GrpcError>>) {
        let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let settings = ServerSettings { listen, token: Secret::new("right") };
        let stop = shutdown.clone();
        let descriptors = tonic_health::pb::FILE_DESCRIPTOR_SET;
        let task = tokio::spawn(async move { serve("test", &settings, Routes::default(), descriptors, stop).await });
        (format!("http://{listen}"), task)
    }

    async fn healthy(url: &str) {
        loop {
            let mut client = HealthClient::new(channel(url, &Secret::new("any")).unwrap());
            if client.check(HealthCheckRequest::default()).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn reflect(url: &str, token: &str) -> Result<(), Status> {
        let mut client = ServerReflectionClient::new(channel(url, &Secret::new(token)).unwrap());
        let ask = tokio_stream::once(ServerReflectionRequest::default());
        client.server_reflection_info(ask).await.map(|_| ())
    }

    #[tokio::test]
    async fn health_is_open_and_everything_else_needs_the_token() {
        let shutdown = Shutdown::new(Duration::from_secs(5));
        let (url, task) = started(&shutdown);
        healthy(&url).await;
        assert!(reflect(&url, "right").await.is_ok());
        assert_eq!(reflect(&url, "wrong").await.unwrap_err().code(), tonic::Code::Unauthenticated);
        shutdown.signal();
        task.await.unwrap().unwrap();
    }

    #[test]
    fn comparing_tokens_needs_every_byte() {
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab") && !same(b"", b"a"));
    }
}
