//! TCP and TLS: two gateways call each other.

use std::{net::SocketAddr, path::PathBuf, process::Command};

use telephony::{
    ids::CallId,
    sip::{Caller, Config, Ended, Hangup, SipError, SipEvent, Target, Transport, config::TlsFiles},
};

use super::{Gateway, OURS, loopback, peer::SDP, settings, wait_for};

fn free() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// A call from one gateway to another over a stream, with a change, a takeover of the callee's side, and a hangup.
async fn talk(mut caller: Gateway, mut callee: Gateway, transport: Transport) {
    let key = CallId::new().leg(1);
    let to = callee.sip.address(transport).unwrap();
    let name = if transport == Transport::Tls { "tls" } else { "tcp" };
    let target = Target::Uri(format!("sip:0120333906@{to};transport={name}"));
    caller.sip.invite(key, target, Caller::default(), OURS.into()).await.unwrap();
    let theirs = callee.incoming().await;
    callee.sip.answer(theirs, SDP.into()).await.unwrap();
    assert!(matches!(caller.event().await, SipEvent::Answered { .. }));
    callee.confirmed().await;
    let (changed, ()) = tokio::join!(callee.sip.reinvite(theirs, "v=0\r\n".into()), async {
        assert!(matches!(caller.event().await, SipEvent::Changing { .. }));
        caller.sip.accept_change(key, OURS.into()).await.unwrap();
    });
    assert_eq!(changed.unwrap().0, OURS.as_bytes());
    caller.sip.hangup(key, Hangup::Over).await.unwrap();
    assert_eq!(caller.ended().await, (key, Ended::HungUp));
    assert_eq!(callee.ended().await, (theirs, Ended::Bye));
    caller.is_empty().await;
    callee.is_empty().await;
}

fn tcp() -> Config {
    Config { udp: None, tcp: Some(free()), ..settings() }
}

#[tokio::test]
async fn a_call_over_tcp() {
    talk(Gateway::start(tcp()).await, Gateway::start(tcp()).await, Transport::Tcp).await;
}

/// A certificate for 127.0.0.1 that is its own authority.
fn certificate(folder: &std::path::Path) -> TlsFiles {
    let (certificate, key): (PathBuf, PathBuf) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=gateway"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args([std::ffi::OsStr::new("-out"), certificate.as_os_str(), "-keyout".as_ref(), key.as_os_str()])
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    TlsFiles { authority: Some(certificate.clone()), certificate, key }
}

#[tokio::test]
async fn a_call_over_tls() {
    let folder = std::env::temp_dir().join(format!("sip-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = certificate(&folder);
    let tls = || Config { udp: None, tls: Some(free()), tls_files: Some(files.clone()), ..settings() };
    talk(Gateway::start(tls()).await, Gateway::start(tls()).await, Transport::Tls).await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_at_once() {
    let start = |config| async {
        let stop = tokio_util::sync::CancellationToken::new();
        telephony::sip::Sip::start(config, stop).await.map(|_| ())
    };
    let taken = std::net::TcpListener::bind(free()).unwrap().local_addr().unwrap();
    let listener = std::net::TcpListener::bind(free()).unwrap();
    let busy = listener.local_addr().unwrap();
    assert!(taken != busy);
    assert!(matches!(start(Config { tcp: Some(busy), ..settings() }).await, Err(SipError::Listen(..))));
    assert!(matches!(start(Config { udp: None, ..settings() }).await, Err(SipError::NoTransport)));
    assert!(matches!(start(Config { tls: Some(free()), ..settings() }).await, Err(SipError::NoCertificate)));
}

#[tokio::test]
async fn too_many_connections_are_closed() {
    use tokio::io::AsyncReadExt as _;
    let gateway = Gateway::start(Config { connections: 2, trunks: vec![loopback("line")], ..tcp() }).await;
    let to = gateway.sip.address(Transport::Tcp).unwrap();
    let connections = || gateway.sip.counts().connections;
    wait_for(|| connections() == 0, || "the start's own is left".to_owned()).await;
    let mut streams = Vec::new();
    for n in 1..=3 {
        streams.push(tokio::net::TcpStream::connect(to).await.unwrap());
        wait_for(|| connections() == n, || format!("{} of {n}", connections())).await;
    }
    let mut byte = [0];
    assert_eq!(streams[2].read(&mut byte).await.unwrap(), 0, "the third is closed");
    assert_eq!(gateway.sip.counts().refused_connections, 1);
}
