//! Trunks: whether they are there, and registering at them.

use telephony::sip::{Trunk, config::Credential};

use super::{
    Gateway,
    peer::{Peer, header},
    settings, wait_for,
};

#[tokio::test]
async fn a_silent_trunk_goes_down_and_comes_back() {
    let mut peer = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut config = settings();
    (config.probe_every_ms, config.probe_wait_ms) = (20, 100);
    config.trunks = vec![Trunk::new("line", "127.0.0.1", peer.address().port())];
    let gateway = Gateway::start(config).await;
    let up = || gateway.sip.trunks()[0].up;
    let options = peer.asked("OPTIONS").await;
    peer.answer(&options, 405, "", "").await;
    assert!(up(), "any answer is from somebody who is there");
    wait_for(|| !up(), || "it stays up".to_owned()).await;
    // Answers again, by the 401 of a stranger.
    while !up() {
        let options = peer.asked("OPTIONS").await;
        peer.answer(&options, 401, "", "").await;
    }
    gateway.sip.set_trunks(Vec::new());
    assert!(gateway.sip.trunks().is_empty());
}

#[tokio::test]
async fn a_trunk_that_wants_it_gets_a_registration_with_proof() {
    let mut peer = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let mut trunk = Trunk::new("line", "127.0.0.1", peer.address().port());
    (trunk.probe, trunk.register_s) = (false, Some(300));
    trunk.credential = Some(Credential { user: "center".into(), secret: "open".into() });
    let mut config = settings();
    config.trunks = vec![trunk];
    let gateway = Gateway::start(config).await;
    assert_eq!(gateway.sip.trunks()[0].registered, Some(false));
    let first = peer.asked("REGISTER").await;
    assert_eq!(header(&first, "Expires").as_deref(), Some("300"));
    let challenge = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"\r\n";
    peer.answer(&first, 401, challenge, "").await;
    let proven = loop {
        let request = peer.asked("REGISTER").await;
        if header(&request, "Authorization").is_some() {
            break request;
        }
    };
    assert!(header(&proven, "Authorization").unwrap().contains("username=\"center\""));
    peer.answer(&proven, 200, "Expires: 300\r\n", "").await;
    wait_for(|| gateway.sip.trunks()[0].registered == Some(true), || "not registered".to_owned()).await;
}
