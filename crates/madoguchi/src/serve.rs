//! `madoguchi serve`: one service of a site, or all of them in one process.

pub mod config;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use chassis::Shutdown;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use config::{PLACEMENT, Whole, WrongConfig};

/// Runs a service of a site until SIGTERM.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Which.
    #[arg(value_enum)]
    service: Service,
    /// Configuration of the site. Environment variables `MADOGUCHI__SECTION__KEY` override it.
    #[arg(long)]
    config: PathBuf,
}

/// What can be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Service {
    /// Which agent gets which contact.
    Routing,
    /// Conversations.
    Chat,
    /// The door for browsers.
    Edge,
    /// Calls.
    Telephony,
    /// Customers.
    Crm,
    /// Keeps the leaders of the streams on the witness.
    Placement,
    /// All of them in one process.
    All,
}

/// Why a process of services ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration is wrong. The process exits with [`chassis::config::EXIT_WRONG_CONFIG`].
    #[error(transparent)]
    Config(#[from] WrongConfig),
    /// Logs, traces or metrics could not be started.
    #[error(transparent)]
    Telemetry(#[from] chassis::telemetry::TelemetryError),
    /// The process cannot hear signals.
    #[error("listening for signals: {0}")]
    Signals(std::io::Error),
    /// A service ended.
    #[error("{service}: {source}")]
    Service {
        /// Which.
        service: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A service ended by itself without an error, or its task broke.
    #[error("a service ended unasked: {0}")]
    Ended(String),
    /// Work in progress was cut off.
    #[error("not stopped within {0:?}")]
    Late(Duration),
}

type Run = Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send>>;

/// A service ready to run, not yet started.
struct Ready {
    name: &'static str,
    /// Its own signal: they stop one after the other.
    shutdown: Shutdown,
    run: Run,
}

/// `madoguchi serve`: returns after SIGTERM or Ctrl-C, when everything has stopped, or when a service ended by itself.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(serve: Serve) -> Result<(), ServeError> {
    let whole = config::load(&serve.config)?;
    let name = format!("{:?}", serve.service).to_lowercase();
    let shutdown = Shutdown::new(Duration::from_millis(whole.shutdown.grace_ms));
    let site = whole.site.name.clone();
    let telemetry = whole.telemetry.clone();
    let services = choose(serve.service, whole, &shutdown)?;
    let telemetry = chassis::telemetry::init(&telemetry, &name, &site)?;
    tracing::info!(%site, service = %name, config = %Path::display(&serve.config), "starting");
    let served = run(services, shutdown).await;
    if let Err(error) = &served {
        tracing::error!(error = sentence(error), "stopped");
    }
    // Flushing blocks, up to the exporters' own time-outs.
    let _ = tokio::task::spawn_blocking(move || telemetry.flush()).await;
    served
}

/// The services that were asked for, in the order in which they stop: the door first, so that browsers move while everything
/// behind it still answers.
fn choose(service: Service, whole: Whole, shutdown: &Shutdown) -> Result<Vec<Ready>, ServeError> {
    let wanted = |one| service == one || service == Service::All;
    let mut services = Vec::new();
    let mut add = |name, shutdown, run| services.push(Ready { name, shutdown, run });
    let missing = |section: &str| WrongConfig::Section(section.to_owned());
    if wanted(Service::Edge) {
        let (settings, signal) = (whole.journal("edge")?, shutdown.child());
        let config = whole.edge.clone().ok_or_else(|| missing("edge"))?;
        add("edge", signal.clone(), boxed("edge", edge::run(config, settings, signal)));
    }
    if wanted(Service::Telephony) {
        let (settings, signal) = (whole.journal("telephony")?, shutdown.child());
        let config = whole.telephony.clone().ok_or_else(|| missing("telephony"))?;
        add("telephony", signal.clone(), boxed("telephony", telephony::run(config, settings, signal)));
    }
    if wanted(Service::Crm) {
        let (settings, signal) = (whole.journal("crm")?, shutdown.child());
        let config = whole.crm.clone().ok_or_else(|| missing("crm"))?;
        add("crm", signal.clone(), boxed("crm", crm::run(config, settings, signal)));
    }
    if wanted(Service::Chat) {
        let (settings, signal) = (whole.journal("chat")?, shutdown.child());
        let config = whole.chat.clone().ok_or_else(|| missing("chat"))?;
        add("chat", signal.clone(), boxed("chat", chat::run(config, settings, signal)));
    }
    if wanted(Service::Routing) {
        let (settings, signal) = (whole.journal("routing")?, shutdown.child());
        let config = whole.routing.clone().ok_or_else(|| missing("routing"))?;
        add("routing", signal.clone(), boxed("routing", routing::run(config, settings, signal)));
    }
    if wanted(Service::Placement) {
        let (settings, signal) = (whole.journal(PLACEMENT)?, shutdown.child());
        let token = signal.token();
        let run = async move {
            journal::placement::run(settings, token).await;
            Ok(())
        };
        add(PLACEMENT, signal, Box::pin(run));
    }
    Ok(services)
}

fn boxed<E>(service: &'static str, run: impl Future<Output = Result<(), E>> + Send + 'static) -> Run
where
    E: std::error::Error + Send + Sync + 'static,
{
    Box::pin(async move { run.await.map_err(|source| ServeError::Service { service, source: Box::new(source) }) })
}

async fn run(services: Vec<Ready>, shutdown: Shutdown) -> Result<(), ServeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Signals)?;
    let mut asked = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let mut running = JoinSet::new();
    let order: Vec<(&'static str, Shutdown)> =
        services.iter().map(|ready| (ready.name, ready.shutdown.clone())).collect();
    for ready in services {
        running.spawn(async move { (ready.name, ready.run.await) });
    }
    let first = tokio::select! {
        () = asked() => Ok(()),
        Some(ended) = running.join_next() => Err(unasked(ended)),
    };
    tracing::info!("stopping");
    let stopped = tokio::select! {
        stopped = tokio::time::timeout(shutdown.grace(), stop(&order, &mut running)) => {
            stopped.unwrap_or(Err(ServeError::Late(shutdown.grace())))
        }
        () = asked() => Err(ServeError::Ended("asked twice to stop, so at once".to_owned())),
    };
    first.and(stopped)
}

type Ended = (&'static str, Result<(), ServeError>);

/// Stops them one after the other.
async fn stop(order: &[(&'static str, Shutdown)], running: &mut JoinSet<Ended>) -> Result<(), ServeError> {
    let mut outcome = Ok(());
    let mut left: Vec<&'static str> = Vec::new();
    for (name, shutdown) in order {
        shutdown.signal();
        while !left.contains(name) {
            let Some(ended) = running.join_next().await else { return outcome };
            match ended {
                Ok((name, result)) => {
                    left.push(name);
                    outcome = outcome.and(result);
                }
                Err(error) => return Err(ServeError::Ended(error.to_string())),
            }
        }
    }
    outcome
}

fn unasked(ended: Result<Ended, tokio::task::JoinError>) -> ServeError {
    match ended {
        Ok((_, Err(error))) => error,
        Ok((name, Ok(()))) => ServeError::Ended(name.to_owned()),
        Err(error) => ServeError::Ended(error.to_string()),
    }
}

/// An error with its causes, one after the other; what a message repeats of its cause is said once.
pub(crate) fn sentence(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    for cause in std::iter::successors(error.source(), |error| error.source()) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn ready(name: &'static str, shutdown: &Shutdown, log: &Arc<Mutex<Vec<&'static str>>>) -> Ready {
        let (shutdown, log) = (shutdown.child(), Arc::clone(log));
        let own = shutdown.clone();
        let run = Box::pin(async move {
            own.signalled().await;
            log.lock().unwrap().push(name);
            Ok(())
        });
        Ready { name, shutdown, run }
    }

    #[tokio::test]
    async fn services_stop_in_order() {
        let shutdown = Shutdown::new(Duration::from_secs(10));
        let log = Arc::default();
        let services = ["edge", "chat", "routing"].map(|name| ready(name, &shutdown, &log));
        let order: Vec<_> = services.iter().map(|ready| (ready.name, ready.shutdown.clone())).collect();
        let mut running = JoinSet::new();
        for ready in services {
            running.spawn(async move { (ready.name, ready.run.await) });
        }
        stop(&order, &mut running).await.unwrap();
        assert_eq!(*log.lock().unwrap(), ["edge", "chat", "routing"]);
    }
}
