//! What a center's processes use.

use std::{collections::BTreeMap, time::Duration};

use super::super::{
    options::UpError,
    process::{Table, resident_bytes},
};
use super::{Center, guard};

impl Center {
    /// CPU time that all processes of the center have used, ended ones too: services, NATS servers, PostgreSQL. Without this
    /// process, so without its wires. In steps of 10 ms.
    #[must_use]
    pub fn cpu_time_all_processes(&self) -> Duration {
        let table = Table::read();
        let live: Duration = guard(&self.inner.running).values().map(|process| table.cpu(process.pid())).sum();
        live + *guard(&self.inner.spent)
    }

    /// CPU time of the processes that run now, by part of the center (`nats`, `postgres`, a service), over all sites.
    #[must_use]
    pub fn cpu_time_by_part(&self) -> BTreeMap<String, Duration> {
        let table = Table::read();
        let mut parts = BTreeMap::new();
        for (name, process) in guard(&self.inner.running).iter() {
            let part = name.rsplit('/').next().unwrap_or(name).to_owned();
            *parts.entry(part).or_default() += table.cpu(process.pid());
        }
        parts
    }

    /// Memory that a process of a site holds now, in bytes: `all` services, or one of a split center, `nats`, `postgres`.
    ///
    /// # Errors
    /// [`UpError::Control`] when it does not run.
    pub fn resident_bytes(&self, site: &str, part: &str) -> Result<u64, UpError> {
        let process = self.process(site, part)?;
        Ok(resident_bytes(process.pid()))
    }
}
