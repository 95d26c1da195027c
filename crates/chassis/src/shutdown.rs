//! Ordered shutdown with a deadline.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Tells a service to stop, and how long it may take. Clones share the signal.
#[derive(Clone, Debug)]
pub struct Shutdown {
    token: CancellationToken,
    grace: Duration,
}

impl Shutdown {
    /// A signal that nobody has given yet; `grace` is what work in progress may take after it.
    pub fn new(grace: Duration) -> Self {
        Self { token: CancellationToken::new(), grace }
    }

    /// Gives the signal. Giving it again changes nothing.
    pub fn signal(&self) {
        self.token.cancel();
    }

    /// Waits for the signal.
    pub async fn signalled(&self) {
        self.token.cancelled().await;
    }

    /// Whether the signal was given.
    pub fn is_signalled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The signal for code that knows only [`CancellationToken`].
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// How long work in progress may take after the signal.
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// A signal that follows this one but can also be given on its own: lets a service stop its parts in order.
    pub fn child(&self) -> Self {
        Self { token: self.token.child_token(), grace: self.grace }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_child_stops_alone_and_with_its_parent() {
        let parent = Shutdown::new(Duration::from_secs(1));
        let (alone, with_parent) = (parent.child(), parent.child());
        alone.signal();
        assert!(alone.is_signalled() && !parent.is_signalled() && !with_parent.is_signalled());
        parent.signal();
        with_parent.signalled().await;
    }
}
