//! TCP proxies between sites, which can be cut.
//!
//! A [`Wire`] carries what one server's side sends to another's. Cut, it goes silent: connections stay open, bytes are held, nothing
//! is refused, as when a router between two buildings dies. Healed, the connections that were held are closed and new ones pass.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What a wire does with bytes. A connection belongs to the `age` it was accepted in and is closed when that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    cut: bool,
    age: u64,
}

/// One proxy: everything that connects to it is passed on to one address.
#[derive(Debug)]
pub(super) struct Wire {
    state: Arc<watch::Sender<State>>,
    accepting: JoinHandle<()>,
}

impl Wire {
    /// Listens and passes on to `target`, each way `delay` later.
    pub(super) async fn lay(listen: SocketAddr, target: SocketAddr, delay: Duration) -> std::io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let state = Arc::new(watch::Sender::new(State { cut: false, age: 0 }));
        let accepting = tokio::spawn(accept(listener, target, delay, Arc::clone(&state)));
        Ok(Self { state, accepting })
    }

    /// Nothing passes any more.
    pub(super) fn cut(&self) {
        self.state.send_modify(|state| state.cut = true);
    }

    /// What was cut is closed; new connections pass. Nothing happens to a wire that is not cut.
    pub(super) fn heal(&self) {
        self.state.send_if_modified(|state| {
            let was = state.cut;
            state.age += u64::from(was);
            state.cut = false;
            was
        });
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
        // Connections see a closed channel and end.
        self.state.send_modify(|state| state.age += 1);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, delay: Duration, state: Arc<watch::Sender<State>>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(carry(stream, target, delay, state.subscribe()));
            }
            Err(error) => {
                tracing::warn!(%error, "wire cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One connection: until either end closes it or its age passes.
async fn carry(near: TcpStream, target: SocketAddr, delay: Duration, state: watch::Receiver<State>) {
    let age = state.borrow().age;
    let carried = async {
        open(&mut state.clone()).await;
        let Ok(far) = TcpStream::connect(target).await else { return };
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        // Either direction's end ends both: NATS never half-closes.
        tokio::select! {
            () = pump(near_in, far_out, delay, state.clone()) => {}
            () = pump(far_in, near_out, delay, state.clone()) => {}
        }
    };
    let mut watched = state.clone();
    tokio::select! {
        biased; // Nothing that was held may slip through at the moment of healing.
        _ = watched.wait_for(|state| state.age != age) => {}
        () = carried => {}
    }
}

/// Waits until the wire is not cut.
async fn open(state: &mut watch::Receiver<State>) {
    if state.wait_for(|state| !state.cut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn pump(from: OwnedReadHalf, to: OwnedWriteHalf, delay: Duration, state: watch::Receiver<State>) {
    if delay.is_zero() { pump_now(from, to, state).await } else { pump_later(from, to, delay, state).await }
}

async fn pump_now(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return silent_end(&mut state).await };
        open(&mut state).await;
        if to.write_all(&buffer[..count]).await.is_err() {
            return silent_end(&mut state).await;
        }
    }
}

async fn pump_later(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    delay: Duration,
    mut state: watch::Receiver<State>,
) {
    let (send, mut receive) = mpsc::channel::<(Instant, Vec<u8>)>(1024);
    let reading = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if send.send((Instant::now() + delay, buffer[..count].to_vec())).await.is_err() {
                break;
            }
        }
        drop(send);
        std::future::pending::<()>().await;
    };
    let mut writing_state = state.clone();
    let writing = async {
        while let Some((due, bytes)) = receive.recv().await {
            tokio::time::sleep_until(due).await;
            open(&mut writing_state).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = reading => {}
        () = writing => {}
    }
    silent_end(&mut state).await;
}

/// The end of a connection does not cross a cut wire either.
async fn silent_end(state: &mut watch::Receiver<State>) {
    open(state).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn free() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    async fn say(stream: &mut TcpStream, text: &[u8]) -> Vec<u8> {
        stream.write_all(text).await.unwrap();
        let mut heard = vec![0; text.len()];
        stream.read_exact(&mut heard).await.unwrap();
        heard
    }

    #[tokio::test]
    async fn a_wire_carries_both_ways_with_and_without_delay() {
        for delay in [Duration::ZERO, Duration::from_millis(5)] {
            let address = free().await;
            let _wire = Wire::lay(address, echo().await, delay).await.unwrap();
            let mut stream = TcpStream::connect(address).await.unwrap();
            assert_eq!(say(&mut stream, b"hello").await, b"hello");
            assert_eq!(say(&mut stream, b"again").await, b"again");
        }
    }

    #[tokio::test]
    async fn a_cut_wire_holds_silently_and_healing_closes_what_was_held() {
        let address = free().await;
        let wire = Wire::lay(address, echo().await, Duration::ZERO).await.unwrap();
        let mut held = TcpStream::connect(address).await.unwrap();
        assert_eq!(say(&mut held, b"before").await, b"before");
        wire.cut();
        held.write_all(b"into the dark").await.unwrap();
        // A connection made during the cut is accepted and hears nothing.
        let mut late = TcpStream::connect(address).await.unwrap();
        late.write_all(b"late").await.unwrap();
        let mut byte = [0];
        assert!(tokio::time::timeout(Duration::from_millis(100), held.read(&mut byte)).await.is_err());
        assert!(tokio::time::timeout(Duration::from_millis(100), late.read(&mut byte)).await.is_err());
        wire.heal();
        assert!(matches!(held.read(&mut byte).await, Ok(0) | Err(_)), "nothing of a held connection comes through");
        assert!(matches!(late.read(&mut byte).await, Ok(0) | Err(_)));
        let mut fresh = TcpStream::connect(address).await.unwrap();
        assert_eq!(say(&mut fresh, b"after").await, b"after");
    }
}
