//! What is read from messages and written into them.

use rsipstack::sip::{
    Auth, HasHeaders, Header, HeadersExt, HostWithPort, Param, Request, Response, Uri,
    prelude::ToTypedHeader as _,
    typed::{Contact, From as TypedFrom},
};

use super::{
    config::{Dialled, Transport},
    session::{self, Said},
};

/// Methods that are understood here.
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, REGISTER";
/// The user in our Contact.
const USER: &str = "madoguchi";

pub(super) fn stack_transport(transport: Transport) -> rsipstack::sip::Transport {
    match transport {
        Transport::Udp => rsipstack::sip::Transport::Udp,
        Transport::Tcp => rsipstack::sip::Transport::Tcp,
        Transport::Tls => rsipstack::sip::Transport::Tls,
    }
}

/// Ours for the stack's; what we do not listen on counts as UDP, which then fails with a clear error.
pub(super) fn own_transport(transport: rsipstack::sip::Transport) -> Transport {
    if transport == rsipstack::sip::Transport::Tcp {
        Transport::Tcp
    } else if transport == rsipstack::sip::Transport::Tls {
        Transport::Tls
    } else {
        Transport::Udp
    }
}

/// How an address wants to be reached.
pub(super) fn transport(uri: &Uri) -> Transport {
    let named = uri.params.iter().find_map(|param| if let Param::Transport(t) = param { Some(*t) } else { None });
    match named {
        Some(named) => own_transport(named),
        None if uri.scheme == Some(rsipstack::sip::Scheme::Sips) => Transport::Tls,
        None => Transport::Udp,
    }
}

/// Our own address for a transport.
pub(super) fn contact(at: HostWithPort, transport: Transport) -> Uri {
    let params = match transport {
        Transport::Udp => Vec::new(),
        Transport::Tcp | Transport::Tls => vec![Param::Transport(stack_transport(transport))],
    };
    Uri {
        scheme: Some(rsipstack::sip::Scheme::Sip),
        auth: Some(Auth { user: USER.to_owned(), password: None }),
        host_with_port: at,
        params,
        headers: Vec::new(),
    }
}

/// The number or user of an address; without one its host, which is a `tel:` number.
pub(super) fn party(uri: &Uri) -> String {
    let text = match uri.user() {
        Some(user) => user.to_owned(),
        None => uri.host_with_port.host.to_string(),
    };
    text.split(';').next().unwrap_or_default().to_owned()
}

/// Who calls, and the name shown. A trunk's asserted identity counts more than From; whoever withholds it stays unknown.
pub(super) fn caller(request: &Request, trusted: bool) -> (String, String) {
    let withheld = request.privacy_header().is_some_and(|privacy| {
        privacy.value().split(';').any(|part| {
            let part = part.trim();
            part.eq_ignore_ascii_case("id") || part.eq_ignore_ascii_case("user")
        })
    });
    if withheld {
        return Default::default();
    }
    let asserted = request
        .p_asserted_identity_header()
        .filter(|_| trusted)
        .and_then(|identity| Contact::parse_header_list(identity.value()).ok()?.into_iter().next())
        .map(|identity| (party(&identity.uri), identity.display_name.unwrap_or_default()));
    let said = || {
        let from = TypedFrom::parse(request.from_header().ok()?.value()).ok()?;
        Some((party(&from.uri), from.display_name.unwrap_or_default()))
    };
    let (from, name) = asserted.or_else(said).unwrap_or_default();
    if from.eq_ignore_ascii_case("anonymous") { Default::default() } else { (from, name) }
}

/// What was dialled.
pub(super) fn dialled(request: &Request, place: Dialled) -> String {
    let to = || request.to_header().ok()?.uri().ok();
    match place {
        Dialled::To => to().map_or_else(|| party(&request.uri), |uri| party(&uri)),
        Dialled::RequestUri => party(&request.uri),
    }
}

/// What a message says about session timers.
pub(super) fn said(message: &impl HeadersExt) -> Said {
    let asked = message.session_expires_header().and_then(|header| session::parse(header.value()));
    Said {
        interval_s: asked.map(|(interval_s, _)| interval_s),
        uac: asked.and_then(|(_, uac)| uac),
        supported: message.header_contains_token("Supported", "timer"),
    }
}

/// Extensions a request insists on that we do not know.
pub(super) fn unknown_extensions(request: &Request) -> Vec<String> {
    let known = ["timer", "replaces"];
    request
        .headers()
        .iter()
        .filter_map(|header| if let Header::Require(value) = header { Some(value.value()) } else { None })
        .flat_map(|value| value.split(','))
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty() && !known.iter().any(|known| token.eq_ignore_ascii_case(known)))
        .collect()
}

/// The key in an INFO (`application/dtmf-relay` or `application/dtmf`).
pub(super) fn digit(request: &Request) -> Option<char> {
    let body = str::from_utf8(&request.body).ok()?;
    let signal = body
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })
        .or_else(|| Some(body.trim()))?;
    match signal {
        "10" => Some('*'),
        "11" => Some('#'),
        one if one.len() == 1 => {
            let digit = one.chars().next()?.to_ascii_uppercase();
            matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D').then_some(digit)
        }
        _ => None,
    }
}

/// Whom a REFER names, and the Call-ID of the call it would replace.
pub(super) fn refer_to(request: &Request) -> Option<(String, Option<String>)> {
    let value = request.refer_to_header()?.value();
    let uri = Contact::parse(value).ok()?.uri;
    // The stack drops what follows `?`; it names the call that was consulted.
    let replaces = value.split_once('?').and_then(|(_, rest)| {
        let rest = rest.split('>').next()?;
        let (_, call) = rest
            .split('&')
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("replaces"))?;
        Some(unescape(call).split(';').next()?.to_owned())
    });
    Some((party(&uri), replaces))
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        match code {
            Some(code) if *first == b'%' => {
                bytes.push(code);
                rest = &after[2..];
            }
            Some(_) | None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The status in a NOTIFY about a REFER.
pub(super) fn refer_status(request: &Request) -> Option<u16> {
    let body = str::from_utf8(&request.body).ok()?;
    body.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// Whether the body is shorter than was announced: a datagram was cut.
pub(super) fn is_cut(request: &Request) -> bool {
    let announced = request.headers().iter().find_map(|header| {
        if let Header::ContentLength(length) = header { Some(length.value().trim().to_owned()) } else { None }
    });
    match announced {
        Some(announced) => announced.parse::<usize>().map_or(true, |announced| announced > request.body.len()),
        None => false,
    }
}

/// The other side's address from its Contact.
pub(super) fn remote_contact(message: &impl HeadersExt) -> Option<Uri> {
    message.typed_contact_headers().ok()?.into_iter().next().map(|contact| contact.uri)
}

/// The status of a response.
pub(super) fn status(response: &Response) -> u16 {
    response.status_code.code()
}

/// Whether the other side takes UPDATE.
pub(super) fn allows_update(message: &impl HeadersExt) -> bool {
    message.headers().iter().any(|header| {
        if let Header::Allow(allow) = header {
            allow.value().split(',').any(|method| method.trim().eq_ignore_ascii_case("UPDATE"))
        } else {
            false
        }
    })
}

/// Headers of whatever carries a description of media.
pub(super) fn sdp_headers(session: Option<String>) -> Vec<Header> {
    let mut headers = vec![
        Header::ContentType("application/sdp".into()),
        Header::Allow(ALLOW.into()),
        Header::Supported("timer".into()),
    ];
    headers.extend(session.map(|session| Header::SessionExpires(session.into())));
    headers
}

/// Whether the text can be dialled: nothing else gets into a request.
pub(super) fn is_number(text: &str) -> bool {
    let rest = text.strip_prefix('+').unwrap_or(text);
    !rest.is_empty() && rest.len() <= 32 && rest.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// A name fit for a quoted string.
pub(super) fn clean_name(name: &str) -> Option<String> {
    let clean: String = name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>')).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.chars().take(64).collect())
}

/// The branch of a request's own Via.
pub(super) fn branch(request: &Request) -> Option<String> {
    Some(request.top_via_header().ok()?.typed().ok()?.branch()?.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &str, body: &str) -> Request {
        let text = format!(
            "{method} sip:0120333906@gw.example SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bK1\r\n\
             To: <sip:0355501234@gw.example>\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Request::try_from(text.as_str()).unwrap()
    }

    #[test]
    fn who_calls() {
        let from = "From: \"Suzuki\" <sip:0312345678@c.example>;tag=1\r\n";
        let asserted = "P-Asserted-Identity: \"Sato, T\" <sip:+81312349999@c.example>, <tel:+81312349999>\r\n";
        let who = |headers: String, trusted| caller(&request("INVITE", &headers, ""), trusted);
        assert_eq!(who(from.to_owned(), true), ("0312345678".into(), "Suzuki".into()));
        assert_eq!(who(format!("{from}{asserted}"), true), ("+81312349999".into(), "Sato, T".into()));
        assert_eq!(who(format!("{from}{asserted}"), false), ("0312345678".into(), "Suzuki".into()));
        assert_eq!(who(format!("{from}{asserted}Privacy: id\r\n"), true), Default::default());
        assert_eq!(who("From: <sip:anonymous@anonymous.invalid>;tag=1\r\n".into(), true), Default::default());
        assert_eq!(who("From: <tel:+81312345678>;tag=1\r\n".into(), true).0, "+81312345678");
    }

    #[test]
    fn what_was_dialled() {
        let request = request("INVITE", "From: <sip:a@b>;tag=1\r\n", "");
        assert_eq!(dialled(&request, Dialled::RequestUri), "0120333906");
        assert_eq!(dialled(&request, Dialled::To), "0355501234");
    }

    #[test]
    fn digits() {
        for (body, expected) in [
            ("Signal=5\r\nDuration=160\r\n", Some('5')),
            ("signal= #\r\n", Some('#')),
            ("Signal=10\r\n", Some('*')),
            ("Signal=11\r\n", Some('#')),
            ("d", Some('D')),
            ("7\r\n", Some('7')),
            ("Signal=55\r\n", None),
            ("", None),
            ("Duration=1\r\n", None),
        ] {
            assert_eq!(digit(&request("INFO", "", body)), expected, "{body:?}");
        }
    }

    #[test]
    fn a_transfer_names_its_target_and_the_consulted_call() {
        let refer = |to: &str| refer_to(&request("REFER", &format!("Refer-To: {to}\r\n"), ""));
        assert_eq!(refer("<sip:201@gw.example>"), Some(("201".into(), None)));
        assert_eq!(
            refer("<sip:201@gw.example?Replaces=a%40b%3Bto-tag%3Dx%3Bfrom-tag%3Dy>"),
            Some(("201".into(), Some("a@b".into())))
        );
        assert_eq!(refer("<sip:201@gw.example"), None);
        assert_eq!(refer_to(&request("REFER", "", "")), None);
    }

    #[test]
    fn extensions_that_are_not_known_are_named() {
        assert!(unknown_extensions(&request("INVITE", "Require: timer\r\n", "")).is_empty());
        assert_eq!(unknown_extensions(&request("INVITE", "Require: timer, 100rel\r\n", "")), ["100rel"]);
    }

    #[test]
    fn numbers_and_names_cannot_smuggle() {
        for good in ["+81312345678", "0120333906", "*21#", "110"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "+", "03 1234", "1@evil.example", "1\r\nX: y", "１２", "1;phone-context=x"] {
            assert!(!is_number(bad), "{bad:?}");
        }
        assert_eq!(clean_name("鈴木 \"x\" <sip:a>\r\n").as_deref(), Some("鈴木 x sip:a"));
        assert_eq!(clean_name(" \"\" "), None);
    }

    #[test]
    fn a_cut_body_is_noticed() {
        let whole = request("INVITE", "", "v=0\r\n");
        assert!(!is_cut(&whole));
        let mut cut = whole;
        cut.body.pop();
        assert!(is_cut(&cut));
    }
}
