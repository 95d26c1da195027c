//! What a center is made of, before anything runs: places, secrets, configuration files, commands.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::center::unknown;
use super::layout::Layout;
use super::options::{Options, UpError};
use super::postgres::Postgres;
use super::process::Spec;
use super::secrets::Secrets;
use super::{nats, practice, programs, services};

/// One process of a server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Nats,
    Postgres,
    /// A service, or [`services::ALL`].
    Service(&'static str),
}

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nats => "nats",
            Self::Postgres => "postgres",
            Self::Service(name) => name,
        }
    }
}

/// Everything that does not change while the center runs.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) options: Options,
    pub(super) layout: Layout,
    pub(super) secrets: Secrets,
    nats_server: PathBuf,
    postgres: BTreeMap<String, Postgres>,
}

impl Parts {
    /// Finds the programs, takes places, makes secrets, writes configurations, makes the databases' folders.
    pub(super) async fn prepare(mut options: Options) -> Result<Self, UpError> {
        // Services would look for a relative folder from wherever they run.
        options.pages = std::path::absolute(&options.pages).unwrap_or(options.pages);
        let (nats_server, postgres_folder) = (programs::nats_server()?, programs::postgres_folder()?);
        let layout = Layout::take(&options)?;
        let secrets = secrets(&options, &layout)?;
        let mut postgres = BTreeMap::new();
        for site in &layout.sites {
            postgres.insert(site.clone(), Postgres::new(&layout, site, postgres_folder.clone(), options.database_mib)?);
        }
        let parts = Self { options, layout, secrets, nats_server, postgres };
        for server in parts.layout.servers() {
            nats::write_config(&parts.layout, &parts.options, &parts.secrets, &server)?;
        }
        for postgres in parts.postgres.values() {
            services::write_config(&parts.layout, &parts.options, &parts.secrets, postgres)?;
        }
        let made = parts.postgres.values().cloned().map(|postgres| {
            let secrets = parts.secrets.clone();
            tokio::task::spawn_blocking(move || postgres.prepare(&secrets))
        });
        for made in futures::future::join_all(made).await {
            made.map_err(|error| UpError::Control(format!("making a database's folder: {error}")))??;
        }
        Ok(parts)
    }

    /// The site's database server.
    pub(super) fn postgres(&self, site: &str) -> Result<&Postgres, UpError> {
        let known: Vec<&str> = self.layout.sites.iter().map(String::as_str).collect();
        self.postgres.get(site).ok_or_else(|| unknown("site", site, &known))
    }

    /// How to run a part.
    pub(super) fn spec(&self, server: &str, part: Part) -> Result<Spec, UpError> {
        let folder = self.layout.folder(server);
        Ok(match part {
            Part::Nats => Spec {
                name: format!("{server}'s NATS server"),
                program: self.nats_server.clone(),
                args: vec!["-c".into(), folder.join("nats.conf").into()],
                log: folder.join("nats.log"),
                run_as: None,
            },
            Part::Postgres => self.postgres(server)?.spec(),
            Part::Service(service) => services::spec(&self.layout, &self.options, server, service),
        })
    }

    /// Progress, for the person who waits.
    #[allow(clippy::print_stdout, reason = "this is what the person who starts a practice center reads")]
    pub(super) fn say(&self, what: &str) {
        if self.options.talk {
            println!("{what} …");
        }
    }
}

fn secrets(options: &Options, layout: &Layout) -> Result<Secrets, UpError> {
    if options.practice_password.as_ref().is_some_and(|password| password.chars().count() < 8) {
        return Err(UpError::Options("--practice-password must have 8 characters or more".to_owned()));
    }
    let file = layout.data.join("secrets.json");
    let mut secrets = Secrets::load(&file)?;
    nats::make_passwords(layout, &mut secrets);
    for site in &layout.sites {
        Postgres::make_passwords(site, &mut secrets);
    }
    for login in practice::LOGINS {
        match &options.practice_password {
            Some(password) => secrets.choose("account", login, password),
            None => secrets.make("account", login),
        }
    }
    secrets.save(&file)?;
    Ok(secrets)
}
