//! The server that leads the streams stands still, others take over, and it wakes as if nothing had happened.

use std::time::Duration;

use super::{Failure, write_on};
use crate::{
    drive::{Error, figures::say, talk::Talk},
    up::Center,
};

/// SIGSTOP of the leader's server for ten seconds.
pub struct LeaderFreeze;

impl Failure for LeaderFreeze {
    async fn strike(&self, center: &Center, _run: usize, talk: &Talk) -> Result<Option<String>, Error> {
        let leader = center.leader_of("CHAT").await?;
        let leader = leader.ok_or_else(|| Error::Answer("nobody leads the stream CHAT".into()))?;
        say(&format!("  freezing {leader}'s NATS server"));
        center.stop_nats(&leader).await?;
        tokio::time::sleep(Duration::from_secs(10)).await;
        center.cont_nats(&leader).await?;
        write_on(talk, 2, talk.customers()).await?;
        Ok(None)
    }
}
