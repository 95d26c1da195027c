//! Agents' SIP phones.

use telephony::{
    ids::CallId,
    media::{Offers, Prefer, Srtp, Wish},
    sip::{Caller, Config, Phone, SipEvent, Target, digest::ha1},
};

use super::{
    Gateway, OURS,
    peer::{Dialog, PATIENCE, Peer, SDP, header},
    settings,
};

fn with_phone() -> Config {
    let phone = Phone {
        agent: "agent-1".into(),
        user: "201".into(),
        ha1: ha1("201", "madoguchi", "open"),
        srtp: Srtp::Offered,
        codec: Prefer::Opus,
    };
    Config { trunks: Vec::new(), phones: vec![phone], ..settings() }
}

/// The Authorization header that answers a challenge.
fn prove(challenge: &str, method: &str, uri: &str, secret: &str) -> String {
    let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let response = md5(&format!(
        "{}:{nonce}:00000001:abc:auth:{}",
        ha1("201", "madoguchi", secret),
        md5(&format!("{method}:{uri}"))
    ));
    format!(
        "Authorization: Digest username=\"201\", realm=\"madoguchi\", nonce=\"{nonce}\", uri=\"{uri}\", \
         qop=auth, nc=00000001, cnonce=\"abc\", response=\"{response}\"\r\n"
    )
}

fn md5(text: &str) -> String {
    use md5::{Digest as _, Md5};
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn user(peer: &Peer, id: &str) -> Dialog {
    let mut dialog = peer.call(id);
    dialog.own = format!("<sip:201@madoguchi>;tag={id}");
    dialog
}

pub async fn register(peer: &mut Peer, id: &str, secret: &str, more: &str, status: u16) -> Option<String> {
    let mut dialog = user(peer, id);
    dialog.other = "<sip:201@madoguchi>".to_owned();
    let uri = format!("sip:{}", peer.gateway);
    peer.raw(peer.request("REGISTER", &uri, &dialog, &format!("{id}a"), more, "").as_bytes()).await;
    let challenge = header(&peer.response_to("REGISTER", 401).await, "WWW-Authenticate").unwrap();
    dialog.cseq = 2;
    let more = format!("{more}{}", prove(&challenge, "REGISTER", &uri, secret));
    peer.raw(peer.request("REGISTER", &uri, &dialog, &format!("{id}b"), &more, "").as_bytes()).await;
    let response = peer.response_to("REGISTER", status).await;
    header(&response, "Contact").or_else(|| header(&response, "Min-Expires"))
}

#[tokio::test]
async fn a_phone_registers_is_called_and_leaves() {
    let mut gateway = Gateway::start(with_phone()).await;
    let mut peer = gateway.peer().await;
    assert_eq!(register(&mut peer, "brief", "open", "Expires: 5\r\n", 423).await.as_deref(), Some("60"));
    let contact = register(&mut peer, "long", "open", "Expires: 9999\r\nUser-Agent: Testphone\r\n", 200).await.unwrap();
    assert!(contact.ends_with(";expires=3600"), "{contact}");
    let phone = gateway.sip.phone("agent-1").unwrap();
    assert_eq!((phone.address, phone.user_agent.as_str()), (peer.address(), "Testphone"));

    let key = CallId::new().leg(2);
    let target = Target::Phone { agent: "agent-1".to_owned() };
    let offers = Offers::new(|wish| format!("{OURS}a=x-{wish:?}\r\n").into());
    let set = Wish { srtp: Srtp::Offered, codec: Prefer::Opus };
    gateway.sip.invite(key, target, Caller::default(), offers.clone()).await.unwrap();
    let invite = peer.asked("INVITE").await;
    assert_eq!(&invite.body, offers.of(set), "as the phone is set");
    peer.answer(&invite, 200, "", SDP).await;
    let SipEvent::Answered { snapshot, wish, .. } = gateway.event().await else { panic!("not answered") };
    assert_eq!((snapshot.agent.as_deref(), wish), (Some("agent-1"), set));
    assert_eq!((gateway.sip.wish(key), gateway.sip.wish_of(&snapshot)), (set, set));

    register(&mut peer, "leave", "open", "Expires: 0\r\n", 200).await;
    assert!(gateway.sip.phone("agent-1").is_none());
}

#[tokio::test]
async fn a_wrong_secret_and_a_replayed_proof_are_refused() {
    let gateway = Gateway::start(with_phone()).await;
    let mut peer = gateway.peer().await;
    register(&mut peer, "guess", "shut", "", 403).await;
    assert_eq!(gateway.sip.counts().wrong_secret, 1);
    assert!(gateway.sip.phone("agent-1").is_none());

    let mut dialog = user(&peer, "replay");
    dialog.other = "<sip:201@madoguchi>".to_owned();
    let uri = format!("sip:{}", peer.gateway);
    peer.raw(peer.request("REGISTER", &uri, &dialog, "r1", "", "").as_bytes()).await;
    let challenge = header(&peer.response_to("REGISTER", 401).await, "WWW-Authenticate").unwrap();
    let proof = prove(&challenge, "REGISTER", &uri, "open");
    dialog.cseq = 2;
    peer.raw(peer.request("REGISTER", &uri, &dialog, "r2", &proof, "").as_bytes()).await;
    peer.response_to("REGISTER", 200).await;
    dialog.cseq = 3;
    peer.raw(peer.request("REGISTER", &uri, &dialog, "r3", &proof, "").as_bytes()).await;
    let again = peer.response_to("REGISTER", 401).await;
    assert!(header(&again, "WWW-Authenticate").unwrap().contains("stale=true"));
}

#[tokio::test]
async fn a_phone_calls_out_when_it_has_proven_itself_and_transfers() {
    let mut gateway = Gateway::start(with_phone()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = user(&peer, "out");
    peer.invite(&dialog, "o1", "").await;
    let challenge = peer.response_to("INVITE", 401).await;
    dialog.other = header(&challenge, "To").unwrap();
    peer.within("ACK", &dialog, "o1", "", "").await;
    dialog.other = peer.call("out").other;
    dialog.cseq = 2;
    let proof = prove(&header(&challenge, "WWW-Authenticate").unwrap(), "INVITE", &dialog.target, "open");
    peer.invite(&dialog, "o2", &proof).await;
    let SipEvent::Incoming { key, agent, trunk, .. } = gateway.event().await else { panic!("no call") };
    assert_eq!((agent.as_deref(), trunk), (Some("agent-1"), None));
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    peer.answered(&mut dialog).await;
    peer.ack(&dialog, "ack").await;
    gateway.confirmed().await;

    dialog.cseq = 3;
    peer.within("REFER", &dialog, "refer", "Refer-To: <sip:202@madoguchi?Replaces=x%40y%3Bto-tag%3D1>\r\n", "").await;
    peer.response_to("REFER", 202).await;
    let notify = peer.asked("NOTIFY").await;
    assert!(String::from_utf8_lossy(&notify.body).starts_with("SIP/2.0 100"));
    peer.answer(&notify, 200, "", "").await;
    let SipEvent::Transfer { to, replaces, .. } = gateway.event().await else { panic!("no transfer") };
    assert_eq!((to.as_str(), replaces.as_deref()), ("202", Some("x@y")));
    let sip = gateway.sip.clone();
    let told = tokio::spawn(async move { sip.transferred(key, 200).await });
    let notify = tokio::time::timeout(PATIENCE, peer.asked("NOTIFY")).await.unwrap();
    assert!(String::from_utf8_lossy(&notify.body).starts_with("SIP/2.0 200"));
    assert!(header(&notify, "Subscription-State").unwrap().starts_with("terminated"));
    peer.answer(&notify, 200, "", "").await;
    told.await.unwrap().unwrap();
}
