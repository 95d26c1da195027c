//! The running center and everything one can do to it.

mod steering;
mod usage;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use practice_shop::Shop;
use rustix::process::Signal;

use super::layout::{Port, WITNESS};
use super::nats;
use super::options::{Options, UpError};
use super::parts::{Part, Parts};
use super::postgres::Postgres;
use super::process::Process;
use super::services;
use super::wires::Wires;
use super::{practice, ready};

/// How an operator's program reaches the center's NATS servers.
#[derive(Clone, Debug)]
pub struct NatsAccess {
    /// Addresses of all servers, `nats://127.0.0.1:port`, straight (not through wires), in the order sites, witness.
    pub servers: Vec<String>,
    /// User: may read every stream and list them, nothing else.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Inbox prefix that the user is bound to.
    pub inbox: String,
}

/// A practice center that runs. Clones speak of the same one. Dropping the last one kills everything.
#[derive(Clone, Debug)]
pub struct Center {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    parts: Parts,
    wires: Wires,
    /// Running processes by `<server>/<part>`: `tokyo/nats`, `tokyo/postgres`, `tokyo/all`, `witness/nats`.
    running: Mutex<BTreeMap<String, Arc<Process>>>,
    /// CPU time of processes that were ended.
    spent: Mutex<Duration>,
    /// The practice company's shop.
    _shop: Option<Shop>,
}

impl Center {
    /// Starts everything and waits until it answers: NATS, PostgreSQL, services of every site, practice company.
    ///
    /// # Errors
    /// [`UpError`] names what is missing or did not become ready; nothing is left running then.
    pub async fn start(options: Options) -> Result<Self, UpError> {
        let parts = Parts::prepare(options).await?;
        let wires = Wires::lay(&parts.layout, &parts.options).await?;
        let shop = if parts.options.practice { Some(practice::shop(&parts).await?) } else { None };
        let inner = Inner { parts, wires, running: Mutex::default(), spent: Mutex::default(), _shop: shop };
        let center = Self { inner: Arc::new(inner) };
        center.say("starting NATS and PostgreSQL");
        let servers = center.inner.parts.layout.servers();
        for server in &servers {
            center.launch(server, Part::Nats)?;
        }
        futures::future::try_join_all(center.inner.parts.layout.sites.iter().map(|site| center.start_postgres(site)))
            .await?;
        futures::future::try_join_all(servers.iter().map(|server| center.nats_ready(server))).await?;
        center.say("starting the services");
        for site in &center.inner.parts.layout.sites {
            center.launch_services(site)?;
        }
        futures::future::try_join_all(center.inner.parts.layout.sites.iter().map(|site| center.services_ready(site)))
            .await?;
        if center.inner.parts.options.practice {
            center.say("making the practice company");
            practice::make(&center.inner.parts).await?;
        }
        Ok(center)
    }

    /// Kills (SIGKILL) a site's services, PostgreSQL and NATS server at one moment. Returns when they are gone.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn kill_site(&self, site: &str) -> Result<(), UpError> {
        self.site(site)?;
        self.kill(&format!("{site}/")).await;
        Ok(())
    }

    /// Stops a site in order: services, PostgreSQL, NATS server.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn stop_site(&self, site: &str) -> Result<(), UpError> {
        self.site(site)?;
        self.end_services(site).await;
        self.end(&format!("{site}/postgres"), Signal::INT).await;
        self.end(&format!("{site}/nats"), Signal::TERM).await;
        Ok(())
    }

    /// Starts a site again; returns when it is ready and its NATS server is current in all its streams. What runs goes on.
    ///
    /// # Errors
    /// [`UpError`] names what did not become ready.
    pub async fn start_site(&self, site: &str) -> Result<(), UpError> {
        self.site(site)?;
        self.launch(site, Part::Nats)?;
        self.start_postgres(site).await?;
        self.nats_ready(site).await?;
        self.launch_services(site)?;
        self.services_ready(site).await
    }

    /// Lets nothing pass between the site (or `witness`) and the others any more, silently. Needs wires.
    ///
    /// # Errors
    /// [`UpError::Unknown`]; [`UpError::Options`] without wires.
    pub async fn cut_site(&self, site: &str) -> Result<(), UpError> {
        self.server(site)?;
        self.inner.wires.cut(site)?;
        // A cut takes hold between two polls of the proxies.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Ends every cut; returns when every NATS server that runs is current again.
    ///
    /// # Errors
    /// [`UpError::NotReady`] names the server that did not catch up within two minutes.
    pub async fn heal(&self) -> Result<(), UpError> {
        self.inner.wires.heal();
        self.all_nats_ready().await
    }

    /// Freezes (SIGSTOP) a NATS server: a site's or `witness`.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn stop_nats(&self, server: &str) -> Result<(), UpError> {
        self.freeze_nats(server, true).await
    }

    /// Lets a frozen NATS server go on. Does not wait until it is current; see [`Center::settled`].
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn cont_nats(&self, server: &str) -> Result<(), UpError> {
        self.freeze_nats(server, false).await
    }

    /// Kills (SIGKILL) a NATS server.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn kill_nats(&self, server: &str) -> Result<(), UpError> {
        self.server(server)?;
        self.kill(&format!("{server}/nats")).await;
        Ok(())
    }

    /// Starts a killed NATS server again; returns when it is current.
    ///
    /// # Errors
    /// [`UpError`] names what did not become ready.
    pub async fn start_nats(&self, server: &str) -> Result<(), UpError> {
        self.server(server)?;
        self.launch(server, Part::Nats)?;
        self.nats_ready(server).await
    }

    /// Stops a NATS server in order and starts it again; returns when it is current.
    ///
    /// # Errors
    /// [`UpError`] names what did not become ready.
    pub async fn restart_nats(&self, server: &str) -> Result<(), UpError> {
        self.server(server)?;
        self.end(&format!("{server}/nats"), Signal::TERM).await;
        self.start_nats(server).await
    }

    /// Freezes (SIGSTOP) the services of a site, not its NATS server or PostgreSQL.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn stop_services(&self, site: &str) -> Result<(), UpError> {
        self.freeze_services(site, true).await
    }

    /// Lets frozen services go on.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn cont_services(&self, site: &str) -> Result<(), UpError> {
        self.freeze_services(site, false).await
    }

    /// Kills (SIGKILL) a process of a site: `all` services, or one of `routing`, `chat`, `edge`, `placement` of a split center,
    /// or `postgres`.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn kill_service(&self, site: &str, service: &str) -> Result<(), UpError> {
        self.part(site, service)?;
        self.kill(&format!("{site}/{service}")).await;
        Ok(())
    }

    /// Ends a process of a site in order (SIGTERM) unless it is dead already, and starts it again. Returns when ready.
    ///
    /// # Errors
    /// [`UpError`] names what did not become ready.
    pub async fn restart_service(&self, site: &str, service: &str) -> Result<(), UpError> {
        let part = self.part(site, service)?;
        let signal = if service == "postgres" { Signal::INT } else { Signal::TERM };
        self.end(&format!("{site}/{service}"), signal).await;
        if service == "postgres" {
            return self.start_postgres(site).await;
        }
        self.launch(site, part)?;
        self.services_ready(site).await
    }

    /// Throws a site's database away and makes an empty one. Its services must be stopped: what they have in memory is of the
    /// old one.
    ///
    /// # Errors
    /// [`UpError::Options`] while services of the site run; [`UpError::Database`].
    pub async fn drop_database(&self, site: &str) -> Result<(), UpError> {
        let postgres = self.inner.parts.postgres(site)?;
        if services::processes(&self.inner.parts.options).iter().any(|service| self.runs(&format!("{site}/{service}")))
        {
            return Err(UpError::Options(format!("{site}'s services still run")));
        }
        postgres.drop_database(&self.inner.parts.secrets).await?;
        postgres.fill(&self.inner.parts.secrets).await
    }

    /// Stops the services of a site in order, not its NATS server or PostgreSQL.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub async fn stop_site_services(&self, site: &str) -> Result<(), UpError> {
        self.site(site)?;
        self.end_services(site).await;
        Ok(())
    }

    /// Starts the services of a site; returns when ready.
    ///
    /// # Errors
    /// [`UpError`] names what did not become ready.
    pub async fn start_site_services(&self, site: &str) -> Result<(), UpError> {
        self.site(site)?;
        self.launch_services(site)?;
        self.services_ready(site).await
    }

    /// Returns when every NATS server that runs is current in all its streams and the services that run are ready.
    ///
    /// # Errors
    /// [`UpError::NotReady`] or [`UpError::Control`] after `within`.
    pub async fn settled(&self, within: Duration) -> Result<(), UpError> {
        let settling = async {
            self.all_nats_ready().await?;
            for site in &self.inner.parts.layout.sites {
                if services::processes(&self.inner.parts.options)
                    .iter()
                    .all(|service| self.runs(&format!("{site}/{service}")))
                {
                    self.services_ready(site).await?;
                }
            }
            Ok(())
        };
        let late = |_| UpError::Control(format!("not settled after {within:?}"));
        tokio::time::timeout(within, settling).await.map_err(late)?
    }

    /// Names of the sites, in their order.
    #[must_use]
    pub fn sites(&self) -> Vec<String> {
        self.inner.parts.layout.sites.clone()
    }

    /// Folder of everything that the center keeps.
    #[must_use]
    pub fn data(&self) -> &std::path::Path {
        &self.inner.parts.layout.data
    }

    /// `http://127.0.0.1:port` of a site's `edge`.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub fn site_url(&self, site: &str) -> Result<String, UpError> {
        self.site(site)?;
        Ok(format!("http://{}", self.inner.parts.layout.edge(site)))
    }

    /// `http://127.0.0.1:port` of the gRPC of a site's `routing`, `chat` or `telephony`, and the internal token that it wants.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub fn grpc_url(&self, site: &str, service: &str) -> Result<(String, String), UpError> {
        self.site(site)?;
        let port = match service {
            "routing" => Port::Routing,
            "chat" => Port::Chat,
            "telephony" => Port::Telephony,
            "crm" => Port::Crm,
            _ => return Err(unknown("service with gRPC", service, &["routing", "chat", "telephony", "crm"])),
        };
        let address = self.inner.parts.layout.port(site, port);
        Ok((format!("http://{address}"), self.inner.parts.secrets.internal_token.clone()))
    }

    /// Where a site takes SIP, over UDP and TCP.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub fn sip_address(&self, site: &str) -> Result<SocketAddr, UpError> {
        self.site(site)?;
        Ok(self.inner.parts.layout.port(site, Port::Sip))
    }

    /// `postgres://…` of a role at a site: `routing`, `chat`, `telephony`, `crm`, `reader` (reads everything) or `postgres`.
    ///
    /// # Errors
    /// [`UpError::Unknown`].
    pub fn database_url(&self, site: &str, role: &str) -> Result<String, UpError> {
        let postgres = self.inner.parts.postgres(site)?;
        if !Postgres::has_role(role) {
            return Err(unknown("role", role, &["routing", "chat", "telephony", "reader", "postgres"]));
        }
        Ok(postgres.url(&self.inner.parts.secrets, role))
    }

    /// The operator's way in, for reading.
    #[must_use]
    pub fn nats(&self) -> NatsAccess {
        self.inner.parts.nats_access()
    }

    /// NATS server that leads the stream, as most servers see it; `None` while there is none.
    ///
    /// # Errors
    /// None today; a server that does not answer has no vote.
    pub async fn leader_of(&self, stream: &str) -> Result<Option<String>, UpError> {
        let servers = self.inner.parts.layout.servers();
        let running = servers.iter().filter(|server| self.runs(&format!("{server}/nats")));
        let monitors = running.map(|server| self.inner.parts.layout.port(server, Port::Monitor));
        Ok(ready::leader_of(stream, monitors).await)
    }

    /// Login and password of a practice account: `supervisor`, `agent1` … `agent4`.
    #[must_use]
    pub fn account(&self, login: &str) -> Option<(String, String)> {
        practice::LOGINS
            .contains(&login)
            .then(|| (login.to_owned(), self.inner.parts.secrets.password("account", login)))
    }

    /// Every process with whether it runs, by `<server>/<part>`.
    #[must_use]
    pub fn processes(&self) -> BTreeMap<String, bool> {
        let parts = &self.inner.parts;
        let of_site = |site: &String| {
            let names = ["nats", "postgres"].iter().chain(services::processes(&parts.options));
            names.map(|name| format!("{site}/{name}")).collect::<Vec<_>>()
        };
        let names = parts.layout.sites.iter().flat_map(of_site).chain([format!("{WITNESS}/nats")]);
        names.map(|name| (name.clone(), self.runs(&name))).collect()
    }

    /// Takes note of processes that ended without being asked to: a sentence with their last words for each.
    #[must_use]
    pub fn unexpected_ends(&self) -> Vec<String> {
        let mut running = guard(&self.inner.running);
        let ended = running.iter().filter_map(|(key, process)| process.ended().map(|status| (key.clone(), status)));
        let ended: Vec<_> = ended.collect();
        let mut sentences = Vec::new();
        for (key, status) in ended {
            if let Some(process) = running.remove(&key) {
                let how = Process::describe_end(status);
                sentences.push(format!(
                    "{} {how}; {}:\n{}",
                    process.spec().name,
                    process.spec().log.display(),
                    process.log_tail()
                ));
            }
        }
        sentences
    }

    /// Stops everything in order. Data stay.
    ///
    /// # Errors
    /// None today: what does not stop in time is killed.
    pub async fn shutdown(&self) -> Result<(), UpError> {
        let sites = &self.inner.parts.layout.sites;
        futures::future::join_all(sites.iter().map(|site| self.end_services(site))).await;
        let databases = sites.iter().map(|site| format!("{site}/postgres"));
        futures::future::join_all(databases.map(|key| async move { self.end(&key, Signal::INT).await })).await;
        let servers = self.inner.parts.layout.servers();
        let servers = servers.iter().map(|server| format!("{server}/nats"));
        futures::future::join_all(servers.map(|key| async move { self.end(&key, Signal::TERM).await })).await;
        Ok(())
    }
}

/// [`UpError::Unknown`].
pub(super) fn unknown(kind: &'static str, name: &str, known: &[&str]) -> UpError {
    UpError::Unknown { kind, name: name.to_owned(), known: known.join(", ") }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Addresses and user for [`Center::nats`].
impl Parts {
    fn nats_access(&self) -> NatsAccess {
        let servers = self.layout.servers();
        let servers = servers.iter().map(|server| format!("nats://{}", self.layout.port(server, Port::Nats))).collect();
        NatsAccess {
            servers,
            user: nats::OPERATOR.to_owned(),
            password: self.secrets.password("nats", nats::OPERATOR),
            inbox: nats::inbox(nats::OPERATOR),
        }
    }
}
