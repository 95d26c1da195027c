//! The witness dies: the leaders are elected anew, and nobody may lose what they own.

use super::{Failure, write_on};
use crate::{
    drive::{Error, figures::say, talk::Talk},
    up::Center,
};

/// `kill -9` of the witness.
pub struct WitnessKill;

impl Failure for WitnessKill {
    async fn strike(&self, center: &Center, _run: usize, talk: &Talk) -> Result<Option<String>, Error> {
        say("  kill -9 of the witness");
        center.kill_nats("witness").await?;
        write_on(talk, 8, talk.customers()).await?;
        talk.starts_again();
        center.start_nats("witness").await?;
        write_on(talk, 2, talk.customers()).await?;
        Ok(None)
    }
}
