//! A site is cut off by the network: its clients' sockets stand, its NATS server hears nobody.

use std::time::Duration;

use super::{Failure, victim, write_on};
use crate::{
    drive::{Error, figures::say, talk::Talk},
    up::Center,
};

/// Silence between one site and all others.
pub struct SiteCut;

impl Failure for SiteCut {
    async fn strike(&self, center: &Center, run: usize, talk: &Talk) -> Result<Option<String>, Error> {
        let site = victim(center, run)?;
        say(&format!("  cutting off {site}"));
        center.cut_site(&site).await?;
        tokio::time::sleep(Duration::from_secs(8)).await;
        center.heal().await?;
        write_on(talk, 2, talk.customers()).await?;
        Ok(Some(site))
    }
}
