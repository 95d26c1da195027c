//! The stack below: its sockets, its addresses and its settings.

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use rsipstack::{
    EndpointBuilder,
    platform::net::UdpSocket,
    sip::{HostWithPort, Method, SipMessage},
    transaction::endpoint::{Endpoint, EndpointOption},
    transport::{
        SipConnection, TcpListenerConnection, TlsConfig, TlsListenerConnection, TransportLayer, udp::UdpConnection,
    },
};
use socket2::{Domain, Protocol, Socket, Type};
use tokio_util::sync::CancellationToken;

use super::{
    config::{Config, TlsFiles, Transport},
    error::SipError,
    gate::{Door, Gate},
};

/// A burst of INVITEs waits in the kernel, rather than being lost and sent again. Bytes.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Our addresses, by transport, as others reach us.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    pub(super) udp: Option<SocketAddr>,
    pub(super) tcp: Option<SocketAddr>,
    pub(super) tls: Option<SocketAddr>,
}

impl Addresses {
    pub(super) fn of(&self, transport: Transport) -> Option<SocketAddr> {
        match transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
        }
    }

    pub(super) fn host(&self, transport: Transport) -> Option<HostWithPort> {
        self.of(transport).map(HostWithPort::from)
    }
}

/// Opens what the configuration names.
pub(super) async fn open(
    config: &Config,
    gate: &Arc<Gate>,
    stop: &CancellationToken,
) -> Result<(Endpoint, Addresses), SipError> {
    if config.udp.is_none() && config.tcp.is_none() && config.tls.is_none() {
        return Err(SipError::NoTransport);
    }
    let token = stop.child_token();
    let layer = TransportLayer::new(token.clone());
    layer.set_stream_idle_timeout(Duration::from_secs(config.idle_s));
    let mut addresses = Addresses::default();
    if let Some(listen) = config.udp {
        addresses.udp = Some(udp(&layer, listen, config.public, gate, &token).await?);
    }
    if let Some(listen) = config.tcp {
        let (bind, public) = stream(listen, config.public)?;
        layer.add_transport(TcpListenerConnection::new(bind, Some(public)).await?.into());
        addresses.tcp = Some(public);
    }
    if let Some(listen) = config.tls {
        addresses.tls = Some(tls(&layer, listen, config).await?);
    }
    let endpoint = EndpointBuilder::new()
        .with_user_agent(&config.user_agent)
        .with_transport_layer(layer)
        .with_cancel_token(token)
        .with_transport_inspector(Box::new(Door(gate.clone())))
        .with_allows(vec![Method::Invite, Method::Ack, Method::Cancel, Method::Bye, Method::Options])
        .with_option(timers(config.t1_ms))
        .build();
    gate.attach(&endpoint.inner);
    Ok((endpoint, addresses))
}

fn timers(t1_ms: u64) -> EndpointOption {
    let t1 = Duration::from_millis(t1_ms);
    EndpointOption { t1, t2: t1 * 8, t4: t1 * 10, t1x64: t1 * 64, ..EndpointOption::default() }
}

fn public(bound: SocketAddr, public: Option<IpAddr>) -> SocketAddr {
    match public {
        Some(address) => SocketAddr::new(address, bound.port()),
        None => SipConnection::resolve_bind_address(bound),
    }
}

async fn udp(
    layer: &TransportLayer,
    listen: SocketAddr,
    shown: Option<IpAddr>,
    gate: &Arc<Gate>,
    token: &CancellationToken,
) -> Result<SocketAddr, SipError> {
    let bind = || -> std::io::Result<tokio::net::UdpSocket> {
        let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.bind(&listen.into())?;
        tokio::net::UdpSocket::from_std(socket.into())
    };
    let socket = bind().map_err(|error| SipError::Listen(listen, error))?;
    let bound = socket.local_addr().map_err(|error| SipError::Listen(listen, error))?;
    let public = public(bound, shown);
    let socket = Arc::new(Sifted { socket, gate: gate.clone() });
    layer.add_transport(UdpConnection::from_socket(socket, Some(public), Some(token.child_token())).await?.into());
    Ok(public)
}

/// Makes sure that a stream can be listened on: the stack itself would only log that it cannot.
fn stream(listen: SocketAddr, shown: Option<IpAddr>) -> Result<(SocketAddr, SocketAddr), SipError> {
    let bound = TcpListener::bind(listen)
        .and_then(|listener| listener.local_addr())
        .map_err(|error| SipError::Listen(listen, error))?;
    Ok((bound, public(bound, shown)))
}

/// Waits until the streams are listened on: the stack opens them in a task of its own.
///
/// # Errors
/// [`SipError::Listen`] when one is not open after two seconds.
pub(super) async fn listening(config: &Config, addresses: &Addresses) -> Result<(), SipError> {
    for (listen, public) in [(config.tcp, addresses.tcp), (config.tls, addresses.tls)] {
        let (Some(listen), Some(public)) = (listen, public) else { continue };
        let at = SocketAddr::new(listen.ip(), public.port());
        let mut tries = 0;
        while let Err(error) = tokio::net::TcpStream::connect(at).await {
            tries += 1;
            if tries > 200 {
                return Err(SipError::Listen(at, error));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(())
}

async fn tls(layer: &TransportLayer, listen: SocketAddr, config: &Config) -> Result<SocketAddr, SipError> {
    let files = config.tls_files.as_ref().ok_or(SipError::NoCertificate)?;
    let (bind, public) = stream(listen, config.public)?;
    let keys = read(files).await?;
    layer.set_tls_config(TlsConfig { cert: None, key: None, ..keys.clone() });
    layer.add_transport(TlsListenerConnection::new(bind, Some(public), keys).await?.into());
    Ok(public)
}

async fn read(files: &TlsFiles) -> Result<TlsConfig, SipError> {
    let read = async |path: &std::path::PathBuf| {
        tokio::fs::read(path).await.map_err(|error| SipError::File(path.clone(), error))
    };
    Ok(TlsConfig {
        cert: Some(read(&files.certificate).await?),
        key: Some(read(&files.key).await?),
        ca_certs: match &files.authority {
            Some(path) => Some(read(path).await?),
            None => None,
        },
        ..TlsConfig::default()
    })
}

/// A socket that lets only SIP through, and counts the rest.
struct Sifted {
    socket: tokio::net::UdpSocket,
    gate: Arc<Gate>,
}

type Received<'a> = Pin<Box<dyn Future<Output = rsipstack::Result<(usize, SocketAddr)>> + Send + 'a>>;
type Sent<'a> = Pin<Box<dyn Future<Output = rsipstack::Result<usize>> + Send + 'a>>;

impl Sifted {
    async fn receive(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            let (length, from) = self.socket.recv_from(buffer).await?;
            let packet = &buffer[..length];
            // Keep-alives are blank; a port's owner that went away makes the next read fail, which is nobody's fault.
            if packet.iter().all(u8::is_ascii_whitespace) || can_be_read(packet, from) {
                return Ok((length, from));
            }
            self.gate.count.malformed.fetch_add(1, Relaxed);
        }
    }
}

/// Whether the stack will make a message of it. What it cannot, it drops without a count.
fn can_be_read(packet: &[u8], from: SocketAddr) -> bool {
    let udp = rsipstack::sip::Transport::Udp;
    SipMessage::try_from(packet).is_ok_and(|message| SipConnection::update_msg_received(message, from, udp).is_ok())
}

impl UdpSocket for Sifted {
    fn recv_from<'life0, 'life1, 'async_trait>(&'life0 self, buffer: &'life1 mut [u8]) -> Received<'async_trait>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(self.receive(buffer))
    }

    fn send_to<'life0, 'life1, 'async_trait>(&'life0 self, buffer: &'life1 [u8], to: SocketAddr) -> Sent<'async_trait>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { Ok(self.socket.send_to(buffer, to).await?) })
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}
