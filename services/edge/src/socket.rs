//! One browser: one task that reads its frames and writes what waits in its outbox.

mod beside;
pub(crate) mod frames;
pub(crate) mod handle;
pub(crate) mod outbox;
mod receipts;
mod wire;

use std::{net::IpAddr, ops::ControlFlow, sync::Arc, time::Duration};

use axum::{
    extract::ws::{Utf8Bytes, WebSocket, WebSocketUpgrade},
    response::Response,
};
use chassis::refusal::{Code, Refusal};
use futures::StreamExt as _;
use tokio::time::Instant;

use crate::{
    clock,
    door::{App, Note},
    frames::{ClientFrame, MAX_FRAME, PROTOCOL, Role, ServerFrame, decode, encode},
    metrics::metrics,
    tokens::{Identity, TokenError},
};
use frames::Session;
use handle::{Handle, Slot};
use outbox::{Ending, Outbox};
use wire::Incoming;

/// Close codes beside those of RFC 6455.
const BAD_FRAME: u16 = 4400;
const BAD_TOKEN: u16 = 4401;
const TOO_BIG: u16 = 1009;
const TRY_LATER: u16 = 1013;
const POLICY: u16 = 1008;

/// The read buffer grows when needed; idle sockets shall be small.
const READ_BUFFER: usize = 4 * 1024;
/// Written to the connection when so much waits, or when nothing more does.
const WRITE_BUFFER: usize = 16 * 1024;

/// Takes a browser in.
pub(crate) fn accept(app: Arc<App>, upgrade: WebSocketUpgrade, address: IpAddr) -> Response {
    let slot = app.registry.reserve();
    upgrade
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .on_upgrade(move |socket| serve(app, socket, address, slot))
}

async fn serve(app: Arc<App>, mut socket: WebSocket, address: IpAddr, slot: Option<Slot>) {
    let Some(_slot) = slot else {
        let refusal = Refusal::new(Code::ResourceExhausted, "too_many_sockets", "this site has no room: try another");
        return wire::refuse(&mut socket, None, &refusal, TRY_LATER).await;
    };
    match hello(&app, &mut socket, address).await {
        Ok(Some((identity, language))) => {
            let session = welcome(&app, identity, language, address).await;
            run(session, &mut socket).await;
        }
        Ok(None) => {}
        Err((refusal, code)) => {
            app.audit.of_stranger(address, "socket_open", &refusal.reason);
            wire::refuse(&mut socket, None, &refusal, code).await;
        }
    }
}

/// The first frame. `None` when the browser went away.
async fn hello(
    app: &App,
    socket: &mut WebSocket,
    address: IpAddr,
) -> Result<Option<(Identity, String)>, (Refusal, u16)> {
    let patience = Duration::from_millis(app.config.sockets.hello_ms);
    let bad_frame = |message: String| (Refusal::new(Code::InvalidArgument, "bad_frame", message), BAD_FRAME);
    let first = tokio::time::timeout(patience, wire::first(socket)).await;
    let text = match first.map_err(|_| bad_frame("no hello in time".to_owned()))? {
        Incoming::Text(text) => text,
        Incoming::Binary | Incoming::Control => return Err(bad_frame("only text frames".to_owned())),
        Incoming::Refused(refusal, code) => return Err((refusal, code)),
        Incoming::Gone => return Ok(None),
    };
    if !app.frames.take(address, clock::steady_ms()) {
        let refusal = Refusal::new(Code::ResourceExhausted, "too_many_requests", "too many frames from this address");
        return Err((refusal, POLICY));
    }
    let (token, language) = match decode(&text) {
        Ok(ClientFrame::Hello { protocol: PROTOCOL, token, language }) => (token, language),
        Ok(ClientFrame::Hello { .. }) => return Err(bad_frame(format!("this is protocol {PROTOCOL}"))),
        Ok(_) => {
            let refusal = Refusal::new(Code::PermissionDenied, "not_signed_in", "the first frame is hello");
            return Err((refusal, BAD_FRAME));
        }
        Err(bad) => return Err(bad_frame(bad.message)),
    };
    let identity = identify(app, &token).map_err(|refusal| (refusal, BAD_TOKEN))?;
    if identity.role == Role::Reporter {
        let refusal = Refusal::new(Code::PermissionDenied, "forbidden", "machines have no socket");
        return Err((refusal, BAD_TOKEN));
    }
    Ok(Some((identity, language)))
}

/// Who a token belongs to.
///
/// # Errors
/// `bad_token` or `token_expired`.
pub(crate) fn identify(app: &App, token: &str) -> Result<Identity, Refusal> {
    let identity = app.tokens.open(token, clock::unix_ms()).map_err(|error| {
        let reason = match error {
            TokenError::Bad => "bad_token",
            TokenError::Expired => "token_expired",
        };
        Refusal::new(Code::PermissionDenied, reason, error.to_string())
    })?;
    if identity.role != Role::Customer && app.accounts.refuses(&identity.id, identity.role) {
        return Err(Refusal::new(
            Code::PermissionDenied,
            "bad_token",
            "the account is disabled, or has another role: sign in again",
        ));
    }
    Ok(identity)
}

async fn welcome(app: &Arc<App>, identity: Identity, language: String, address: IpAddr) -> Session {
    let name = match identity.role {
        Role::Customer | Role::Reporter => String::new(),
        Role::Agent | Role::Supervisor => app.accounts.name_of(&identity.id).await,
    };
    let outbox = Outbox::new(app.config.sockets.outbox_bytes, app.outboxes.clone());
    let handle = Arc::new(Handle::new(app.registry.next_id(), identity, address, outbox));
    handle.send(&ServerFrame::Welcome {
        protocol: PROTOCOL,
        id: (&*handle.identity.id).into(),
        role: handle.identity.role,
        name: name.into(),
        site: app.site.as_str().into(),
        sites: app.sites.as_slice().into(),
        heartbeat_ms: app.config.sockets.heartbeat_ms,
    });
    app.audit.of_socket(&handle, "socket_open", "", "ok");
    app.registry.add(handle.clone());
    crate::link::calls::greet(app, &handle);
    if let Some(reason) = app.sends_away() {
        handle.send(&ServerFrame::Move { reason: reason.into() });
    }
    if handle.identity.is_agent() {
        app.agents.subscribe(&handle);
        // The receiver lives as long as the door.
        let _closing = app.presence.send(Note::Opened(handle.identity.id.clone()));
    }
    Session::new(app.clone(), handle, language)
}

/// Reads and writes until one side ends it.
async fn run(session: Session, socket: &mut WebSocket) {
    let handle = session.handle.clone();
    let mut life = Life::new(session, socket);
    let timer = tokio::time::sleep_until(life.due());
    tokio::pin!(timer);
    loop {
        if timer.deadline() > life.due() {
            timer.as_mut().reset(life.due());
        }
        let over = tokio::select! {
            () = handle.outbox.woken() => life.write().await,
            incoming = life.socket.next() => life.hear(wire::read(incoming)).await,
            () = &mut timer => {
                let now = Instant::now();
                timer.as_mut().reset(now + life.heartbeat);
                life.tick(now).await
            }
        };
        if over.is_break() {
            return;
        }
    }
}

/// A signed-in socket while it lives.
struct Life<'a> {
    session: Session,
    socket: &'a mut WebSocket,
    heartbeat: Duration,
    silent: Duration,
    write: Duration,
    /// When something was last sent, and last heard.
    sent: Instant,
    heard: Instant,
    batch: Vec<Utf8Bytes>,
}

impl<'a> Life<'a> {
    fn new(session: Session, socket: &'a mut WebSocket) -> Self {
        let settings = &session.app.config.sockets;
        Self {
            // A little early: the promise is "at least every heartbeat".
            heartbeat: Duration::from_millis(settings.heartbeat_ms) * 9 / 10,
            silent: Duration::from_millis(settings.silent_ms),
            write: Duration::from_millis(settings.write_ms),
            sent: Instant::now(),
            heard: Instant::now(),
            batch: Vec::new(),
            session,
            socket,
        }
    }

    /// When the timer has something to do.
    fn due(&self) -> Instant {
        let beat = self.sent + self.heartbeat;
        self.session.due().map_or(beat, |receipts| receipts.min(beat))
    }

    async fn write(&mut self) -> ControlFlow<()> {
        let handle = &self.session.handle;
        let ending = handle.outbox.take(&mut self.batch);
        if !self.batch.is_empty() {
            self.sent = Instant::now();
        }
        if !wire::write(self.socket, &mut self.batch, &handle.outbox, self.write).await {
            return ControlFlow::Break(());
        }
        if handle.outbox.is_released() {
            self.session.app.watches.resume(handle.id);
        }
        match ending {
            Some(ending) => self.end(&ending).await,
            None => ControlFlow::Continue(()),
        }
    }

    async fn hear(&mut self, incoming: Incoming) -> ControlFlow<()> {
        self.heard = Instant::now();
        match incoming {
            Incoming::Text(text) => self.session.text(&text, self.heard),
            Incoming::Binary => self.session.other(true, self.heard),
            Incoming::Control => self.session.other(false, self.heard),
            Incoming::Refused(refusal, code) => {
                self.session.refused_bytes(&refusal);
                return self.refuse(&refusal, code).await;
            }
            Incoming::Gone => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    async fn tick(&mut self, now: Instant) -> ControlFlow<()> {
        self.session.flush_receipts(now);
        if now.duration_since(self.heard) > self.silent {
            return self.end(&Ending::Close(POLICY)).await;
        }
        if now.duration_since(self.sent) >= self.heartbeat {
            self.sent = now;
            if let Err(refusal) = self.session.still_allowed() {
                return self.refuse(&refusal, BAD_TOKEN).await;
            }
            self.session.handle.outbox.push(encode(&ServerFrame::Pong));
        }
        ControlFlow::Continue(())
    }

    async fn end(&mut self, ending: &Ending) -> ControlFlow<()> {
        end(self.socket, ending).await;
        ControlFlow::Break(())
    }

    async fn refuse(&mut self, refusal: &Refusal, code: u16) -> ControlFlow<()> {
        wire::refuse(self.socket, None, refusal, code).await;
        ControlFlow::Break(())
    }
}

async fn end(socket: &mut WebSocket, ending: &Ending) {
    match ending {
        Ending::TooSlow => {
            metrics().too_slow.add(1, &[]);
            tracing::info!("a slow reader is closed");
            let refusal = Refusal::new(Code::ResourceExhausted, "too_slow", "what was sent was not read in time");
            wire::refuse(socket, None, &refusal, POLICY).await;
        }
        Ending::Close(code) => wire::close(socket, *code).await,
    }
}
