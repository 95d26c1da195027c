//! Starting and ending a center's processes.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;

use super::super::layout::Port;
use super::super::options::UpError;
use super::super::parts::Part;
use super::super::process::{Process, Table, kill_trees};
use super::super::{ready, services};
use super::{Center, guard, unknown};

impl Center {
    pub(super) fn launch(&self, server: &str, part: Part) -> Result<(), UpError> {
        let key = format!("{server}/{}", part.name());
        if !self.runs(&key) {
            let process = Process::start(self.inner.parts.spec(server, part)?)?;
            guard(&self.inner.running).insert(key, Arc::new(process));
        }
        Ok(())
    }

    pub(super) fn launch_services(&self, site: &str) -> Result<(), UpError> {
        let all = services::processes(&self.inner.parts.options);
        all.iter().try_for_each(|service| self.launch(site, Part::Service(service)))
    }

    pub(super) async fn start_postgres(&self, site: &str) -> Result<(), UpError> {
        let postgres = self.inner.parts.postgres(site)?;
        if !self.runs(&format!("{site}/postgres")) {
            postgres.clear().await;
        }
        self.launch(site, Part::Postgres)?;
        let secrets = &self.inner.parts.secrets;
        ready::wait(self.process(site, "postgres")?.as_ref(), || postgres.stand(secrets)).await?;
        postgres.fill(secrets).await
    }

    pub(super) async fn nats_ready(&self, server: &str) -> Result<(), UpError> {
        let monitor = self.inner.parts.layout.port(server, Port::Monitor);
        ready::wait(self.process(server, "nats")?.as_ref(), || ready::answers(monitor, "/healthz")).await
    }

    pub(super) async fn all_nats_ready(&self) -> Result<(), UpError> {
        let servers = self.inner.parts.layout.servers();
        let running = servers.iter().filter(|server| self.runs(&format!("{server}/nats")));
        futures::future::try_join_all(running.map(|server| self.nats_ready(server))).await.map(|_| ())
    }

    pub(super) async fn services_ready(&self, site: &str) -> Result<(), UpError> {
        let edge = self.inner.parts.layout.edge(site);
        let door = if self.inner.parts.options.split { "edge" } else { services::ALL };
        ready::wait(self.process(site, door)?.as_ref(), || ready::answers(edge, "/readyz")).await
    }

    /// Kills every process whose key begins so.
    pub(super) async fn kill(&self, prefix: &str) {
        let taken = self.take(prefix);
        kill_trees(&taken.iter().map(Arc::as_ref).collect::<Vec<_>>());
        for process in &taken {
            process.wait_end(Duration::from_secs(10)).await;
        }
    }

    pub(super) async fn end(&self, key: &str, signal: Signal) {
        let running = guard(&self.inner.running).get(key).cloned();
        if let Some(process) = running {
            // The kernel forgets an ended process's time.
            *guard(&self.inner.spent) += Table::read().cpu(process.pid());
            process.end(signal, Duration::from_secs(20)).await;
        }
        guard(&self.inner.running).remove(key);
    }

    pub(super) async fn end_services(&self, site: &str) {
        // The door first: browsers move to another site while everything behind it still answers.
        for service in services::processes(&self.inner.parts.options).iter().rev() {
            self.end(&format!("{site}/{service}"), Signal::TERM).await;
        }
    }

    /// Takes the processes out of the list, their CPU time noted.
    pub(super) fn take(&self, prefix: &str) -> Vec<Arc<Process>> {
        let mut running = guard(&self.inner.running);
        let keys: Vec<String> = running.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        let taken: Vec<Arc<Process>> = keys.iter().filter_map(|key| running.remove(key)).collect();
        let table = Table::read();
        *guard(&self.inner.spent) += taken.iter().map(|process| table.cpu(process.pid())).sum::<Duration>();
        taken
    }

    pub(super) async fn freeze_nats(&self, server: &str, frozen: bool) -> Result<(), UpError> {
        self.server(server)?;
        self.process(server, "nats")?.freeze(frozen).await;
        Ok(())
    }

    pub(super) async fn freeze_services(&self, site: &str, frozen: bool) -> Result<(), UpError> {
        self.site(site)?;
        for service in services::processes(&self.inner.parts.options) {
            self.process(site, service)?.freeze(frozen).await;
        }
        Ok(())
    }

    pub(super) fn runs(&self, key: &str) -> bool {
        guard(&self.inner.running).get(key).is_some_and(|process| process.ended().is_none())
    }

    pub(super) fn process(&self, server: &str, name: &str) -> Result<Arc<Process>, UpError> {
        let key = format!("{server}/{name}");
        let running = guard(&self.inner.running);
        running.get(&key).cloned().ok_or_else(|| UpError::Control(format!("{key} does not run")))
    }

    pub(super) fn part(&self, site: &str, service: &str) -> Result<Part, UpError> {
        self.site(site)?;
        let services = services::processes(&self.inner.parts.options);
        let known: Vec<&str> = services.iter().copied().chain(["postgres"]).collect();
        match services.iter().find(|known| **known == service) {
            Some(service) => Ok(Part::Service(service)),
            None if service == "postgres" => Ok(Part::Postgres),
            None => Err(unknown("service", service, &known)),
        }
    }

    pub(super) fn site(&self, site: &str) -> Result<(), UpError> {
        self.inner.parts.postgres(site).map(|_| ())
    }

    pub(super) fn server(&self, server: &str) -> Result<(), UpError> {
        let known = self.inner.parts.layout.servers();
        if known.iter().any(|name| name == server) {
            return Ok(());
        }
        Err(unknown("server", server, &known.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    pub(super) fn say(&self, what: &str) {
        self.inner.parts.say(what);
    }
}
