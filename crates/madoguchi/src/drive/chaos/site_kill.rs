//! A site dies at one moment, and comes back while people write.

use std::time::Duration;

use super::{Failure, victim, write_on};
use crate::{
    drive::{Error, figures::say, talk::Talk},
    up::Center,
};

/// `kill -9` of everything in one site.
pub struct SiteKill;

impl Failure for SiteKill {
    async fn strike(&self, center: &Center, run: usize, talk: &Talk) -> Result<Option<String>, Error> {
        let site = victim(center, run)?;
        say(&format!("  kill -9 of {site}"));
        center.kill_site(&site).await?;
        // Long enough for its customers to be served elsewhere again; the gaps are measured, not this.
        tokio::time::sleep(Duration::from_secs(5)).await;
        write_on(talk, 2, talk.customers()).await?;
        talk.starts_again();
        center.start_site(&site).await?;
        write_on(talk, 2, talk.customers()).await?;
        Ok(Some(site))
    }
}
