//! A bare SIP user agent on a UDP socket: it says exactly what a test tells it to, also what nobody should.

use std::{net::SocketAddr, time::Duration};

use rsipstack::sip::{HasHeaders as _, Header, HeadersExt as _, Request, Response, SipMessage};
use tokio::{net::UdpSocket, time::timeout};

/// Far beyond anything that works; what does not come by then never will.
pub const PATIENCE: Duration = Duration::from_secs(20);
pub const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

pub struct Peer {
    pub socket: UdpSocket,
    pub gateway: SocketAddr,
    /// Messages that came while another was waited for.
    kept: Vec<SipMessage>,
}

/// The caller's or called side of a dialog, as the peer knows it.
#[derive(Clone, Debug)]
pub struct Dialog {
    pub call_id: String,
    pub own: String,
    pub other: String,
    pub target: String,
    pub cseq: u32,
}

impl Dialog {
    /// Takes the tag and the target of an answer over.
    pub fn answered_with(&mut self, response: &Response) {
        self.other = response.to_header().unwrap().value().to_owned();
        self.target = contact(response);
    }
}

impl Peer {
    pub async fn new(gateway: SocketAddr) -> Self {
        Self { socket: UdpSocket::bind("127.0.0.1:0").await.unwrap(), gateway, kept: Vec::new() }
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub async fn raw(&self, bytes: &[u8]) {
        self.socket.send_to(bytes, self.gateway).await.unwrap();
    }

    /// A request, whole, with the headers that all have.
    pub fn request(&self, method: &str, uri: &str, dialog: &Dialog, branch: &str, more: &str, body: &str) -> String {
        let own = self.address();
        let number = dialog.cseq;
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{branch};rport\r\n\
             Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {number} {method}\r\n\
             Contact: <sip:peer@{own}>\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
            dialog.own,
            dialog.other,
            dialog.call_id,
            body.len()
        )
    }

    pub fn call(&self, call_id: &str) -> Dialog {
        Dialog {
            call_id: call_id.to_owned(),
            own: format!("\"Suzuki\" <sip:0312345678@{}>;tag=peer{call_id}", self.address()),
            other: format!("<sip:0120333906@{}>", self.gateway),
            target: format!("sip:0120333906@{}", self.gateway),
            cseq: 1,
        }
    }

    pub async fn invite(&self, dialog: &Dialog, branch: &str, more: &str) {
        self.raw(self.request("INVITE", &dialog.target, dialog, branch, more, SDP).as_bytes()).await;
    }

    /// A request within the dialog, sent where the other side wants it.
    pub async fn within(&self, method: &str, dialog: &Dialog, branch: &str, more: &str, body: &str) {
        let text = self.request(method, &dialog.target, dialog, branch, more, body);
        let to = dialog.target.rsplit_once('@').unwrap().1.split(';').next().unwrap();
        self.socket.send_to(text.as_bytes(), to).await.unwrap();
    }

    async fn next(&mut self) -> (SipMessage, SocketAddr) {
        let mut buffer = [0; 9_000];
        loop {
            let (length, from) =
                timeout(PATIENCE, self.socket.recv_from(&mut buffer)).await.expect("nothing came").unwrap();
            // Blank packets answer keep-alives.
            if !buffer[..length].iter().all(u8::is_ascii_whitespace) {
                return (SipMessage::try_from(&buffer[..length]).unwrap(), from);
            }
        }
    }

    /// The next response with this status; what else comes is kept for later.
    pub async fn response(&mut self, status: u16) -> Response {
        self.response_to("", status).await
    }

    /// The next response with this status to a request of this method.
    pub async fn response_to(&mut self, method: &str, status: u16) -> Response {
        let fits = |message: &SipMessage| {
            matches!(message, SipMessage::Response(response) if response.status_code.code() == status
                && response.cseq_header().map_or(method.is_empty(), |cseq| cseq.value().ends_with(method)))
        };
        match self.wait(fits).await {
            SipMessage::Response(response) => response,
            SipMessage::Request(_) => unreachable!(),
        }
    }

    /// The next final response to a request of this method; what else comes is kept for later.
    pub async fn concluded(&mut self, method: &str) -> Response {
        let fits = |message: &SipMessage| {
            matches!(message, SipMessage::Response(response) if response.status_code.code() >= 200
                && response.cseq_header().is_ok_and(|cseq| cseq.value().ends_with(method)))
        };
        match self.wait(fits).await {
            SipMessage::Response(response) => response,
            SipMessage::Request(_) => unreachable!(),
        }
    }

    /// The next request with this method; what else comes is kept for later.
    pub async fn asked(&mut self, method: &str) -> Request {
        let fits = |message: &SipMessage| matches!(message, SipMessage::Request(request) if request.method.to_string() == method);
        match self.wait(fits).await {
            SipMessage::Request(request) => request,
            SipMessage::Response(_) => unreachable!(),
        }
    }

    async fn wait(&mut self, fits: impl Fn(&SipMessage) -> bool) -> SipMessage {
        if let Some(at) = self.kept.iter().position(&fits) {
            return self.kept.remove(at);
        }
        loop {
            let (message, _) = self.next().await;
            if fits(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    /// Throws away what was kept and what has come.
    pub fn clear(&mut self) {
        self.kept.clear();
        let mut buffer = [0; 9_000];
        while self.socket.try_recv_from(&mut buffer).is_ok() {}
    }

    /// Everything that comes until nothing has for so long.
    pub async fn until_quiet(&mut self, quiet: Duration) -> Vec<SipMessage> {
        let mut all = std::mem::take(&mut self.kept);
        let mut buffer = [0; 9_000];
        while let Ok(Ok((length, _))) = timeout(quiet, self.socket.recv_from(&mut buffer)).await {
            all.push(SipMessage::try_from(&buffer[..length]).unwrap());
        }
        all
    }

    /// Answers a request, to where it came from by its Via.
    pub async fn answer(&self, request: &Request, status: u16, more: &str, body: &str) {
        let mut text = format!("SIP/2.0 {status} Test\r\n");
        for header in request.headers().iter() {
            if let Header::To(to) = header
                && to.tag().unwrap().is_none()
            {
                text.push_str(&format!("To: {};tag=answered\r\n", to.value()));
            } else if ["Via", "From", "To", "Call-ID", "CSeq", "Record-Route"].contains(&header.name()) {
                text.push_str(&format!("{header}\r\n"));
            }
        }
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        text.push_str(&format!(
            "Contact: <sip:peer@{}>\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
            self.address(),
            body.len()
        ));
        self.socket.send_to(text.as_bytes(), via(request)).await.unwrap();
    }

    pub async fn ack(&self, dialog: &Dialog, branch: &str) {
        self.within("ACK", dialog, branch, "", "").await;
    }

    /// Calls in and waits for nothing.
    pub async fn calls(&self, call_id: &str) -> Dialog {
        let dialog = self.call(call_id);
        self.invite(&dialog, call_id, "").await;
        dialog
    }

    /// Waits for the 200 of a call and takes its tag and target over.
    pub async fn answered(&mut self, dialog: &mut Dialog) -> Response {
        let response = self.response_to("INVITE", 200).await;
        dialog.answered_with(&response);
        response
    }
}

/// The dialog of a call that the gateway made, once the peer answered.
pub fn called(request: &Request) -> Dialog {
    Dialog {
        call_id: request.call_id_header().unwrap().value().to_owned(),
        own: format!("{};tag=answered", request.to_header().unwrap().value()),
        other: request.from_header().unwrap().value().to_owned(),
        target: contact(request),
        cseq: 1,
    }
}

pub fn contact(message: &impl rsipstack::sip::HeadersExt) -> String {
    message.typed_contact_headers().unwrap()[0].uri.to_string()
}

pub fn cseq(message: &impl rsipstack::sip::HeadersExt) -> u32 {
    message.cseq_header().unwrap().seq().unwrap()
}

pub fn header(message: &impl rsipstack::sip::HeadersExt, name: &str) -> Option<String> {
    message.header_value(name)
}

/// Where a response to the request goes: the address in its Via.
fn via(request: &Request) -> SocketAddr {
    let via = request.via_header().unwrap().value().to_owned();
    via.split([' ', ';']).nth(1).unwrap().parse().unwrap()
}
