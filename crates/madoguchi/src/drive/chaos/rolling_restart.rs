//! Everything is restarted in order, one place after the other, as in an upgrade.

use super::{Failure, write_on};
use crate::{
    drive::{Error, figures::say, talk::Talk},
    up::Center,
};

/// A planned stop and start of each site and of the witness.
pub struct RollingRestart;

impl Failure for RollingRestart {
    async fn strike(&self, center: &Center, _run: usize, talk: &Talk) -> Result<Option<String>, Error> {
        for site in center.sites() {
            say(&format!("  restarting {site}"));
            center.stop_site(&site).await?;
            center.start_site(&site).await?;
            write_on(talk, 1, talk.customers()).await?;
        }
        say("  restarting the witness");
        center.restart_nats("witness").await?;
        write_on(talk, 1, talk.customers()).await?;
        Ok(None)
    }
}
