//! The services of a site: their configuration and their processes.

use std::fmt::Write;

use super::layout::{Layout, Port};
use super::nats::{self, SERVICE_NAMES};
use super::options::{Options, SyncMode, UpError};
use super::postgres::Postgres;
use super::process::Spec;
use super::secrets::{Secrets, write_private};

/// Name of the practice company's simulated shop.
pub(super) const SHOP: &str = "ec";
/// Name of the process that runs all services of a site.
pub(super) const ALL: &str = "all";

/// Processes of a site's services, in the order in which they start.
pub(super) fn processes(options: &Options) -> &'static [&'static str] {
    if options.split { &SERVICE_NAMES } else { &[ALL] }
}

/// How to run a process of a site's services.
pub(super) fn spec(layout: &Layout, options: &Options, site: &str, service: &str) -> Spec {
    let folder = layout.folder(site);
    Spec {
        name: format!("{site}'s {}", if service == ALL { "services" } else { service }),
        program: options.program.clone(),
        args: vec!["serve".into(), service.into(), "--config".into(), folder.join("services.toml").into()],
        log: folder.join(format!("{}.log", if service == ALL { "services" } else { service })),
        run_as: None,
    }
}

/// Writes the configuration of all services of a site.
pub(super) fn write_config(
    layout: &Layout,
    options: &Options,
    secrets: &Secrets,
    postgres: &Postgres,
) -> Result<(), UpError> {
    let site = &postgres.site;
    let text = format!(
        "# Written anew at every start.\n[site]\nname = {site:?}\n\n\
         [telemetry]\nlog = \"info,async_nats=warn,sqlx=warn\"\n\n{}\n{}",
        journal(layout, options, secrets, site),
        services(layout, options, secrets, postgres),
    );
    write_private(&layout.folder(site).join("services.toml"), &text)
}

fn journal(layout: &Layout, options: &Options, secrets: &Secrets, site: &str) -> String {
    let monitoring: Vec<String> =
        layout.servers().iter().map(|server| format!("http://{}", layout.port(server, Port::Monitor))).collect();
    let mut text = format!(
        "[journal]\nservers = {:?}\nmonitoring = {monitoring:?}\nrequire_sync_always = {}\npreferred_leader = \"witness\"\n\
         master_keys = [{{ id = \"practice\", key = {:?} }}]\n",
        nats::addresses(layout, options, site),
        options.sync == SyncMode::Always,
        secrets.master_key,
    );
    let mut user = |section: &str, name: &str| {
        let password = secrets.password("nats", name);
        let _ = write!(text, "\n[journal.{section}]\nuser = {name:?}\npassword = {password:?}\n");
    };
    for service in SERVICE_NAMES {
        user(&format!("users.{service}"), &nats::user(site, service));
    }
    user("system", nats::SYSTEM);
    text
}

fn services(layout: &Layout, options: &Options, secrets: &Secrets, postgres: &Postgres) -> String {
    let site = &postgres.site;
    let token = &secrets.internal_token;
    let (routing, chat) = (layout.port(site, Port::Routing), layout.port(site, Port::Chat));
    let (telephony, crm) = (layout.port(site, Port::Telephony), layout.port(site, Port::Crm));
    let mut text = format!(
        "[routing]\nlisten = \"{routing}\"\ntoken = {token:?}\ndatabase = {:?}\n\n\
         [chat]\nlisten = \"{chat}\"\ntoken = {token:?}\ndatabase = {:?}\nrouting = \"http://{routing}\"\ncrm = \"http://{crm}\"\n\n\
         [edge]\nlisten = \"{}\"\ntoken = {token:?}\ntoken_key = {:?}\nchat = \"http://{chat}\"\n\
         routing = \"http://{routing}\"\ntelephony = \"http://{telephony}\"\ncrm = \"http://{crm}\"\npages = {:?}\n",
        postgres.url(secrets, "routing"),
        postgres.url(secrets, "chat"),
        layout.edge(site),
        secrets.token_key,
        options.pages.display().to_string(),
    );
    for known in &layout.sites {
        let _ = write!(text, "\n[[edge.sites]]\nname = {known:?}\nurl = \"http://{}\"\n", layout.edge(known));
    }
    text.push_str(&self::telephony(layout, secrets, postgres));
    let _ = write!(
        text,
        "\n[crm]\nlisten = \"{crm}\"\ntoken = {token:?}\ndatabase = {:?}\nchat = \"http://{chat}\"\nidentity_secret = {:?}\n",
        postgres.url(secrets, "crm"),
        secrets.password("crm", "identities"),
    );
    if options.practice {
        let _ = write!(text, "\n[crm.shops.{SHOP}]\nurl = \"http://{}\"\n", layout.shop());
        text.push_str("\n[crm.webhooks]\nprivate_networks = true\n");
    }
    text
}

/// The only trunk is this machine: sipp and softphones of the tests call in from it.
fn telephony(layout: &Layout, secrets: &Secrets, postgres: &Postgres) -> String {
    let site = &postgres.site;
    let (listen, sip) = (layout.port(site, Port::Telephony), layout.port(site, Port::Sip));
    let (chat, routing) = (layout.port(site, Port::Chat), layout.port(site, Port::Routing));
    let crm = layout.port(site, Port::Crm);
    let token = &secrets.internal_token;
    let folder = layout.folder(site);
    format!(
        "\n[telephony]\nlisten = \"{listen}\"\ntoken = {token:?}\ndatabase = {:?}\nchat = \"http://{chat}\"\nrouting = \"http://{routing}\"\ncrm = \"http://{crm}\"\n\
         number_secret = {:?}\nqueue = \"phone\"\nflow = \"practice\"\n\n\
         [telephony.sip]\nudp = \"{sip}\"\ntcp = \"{sip}\"\n\n\
         [[telephony.sip.trunks]]\nid = \"practice\"\nhost = \"127.0.0.1\"\nsources = [\"127.0.0.0/8\"]\nprobe = false\n\n\
         [telephony.media]\nbind = \"127.0.0.1\"\npublic = \"127.0.0.1\"\nfirst_port = 34000\nlast_port = 64999\n\n\
         [telephony.speech]\nsounds = {:?}\ncache = {:?}\n",
        postgres.url(secrets, "telephony"),
        secrets.password("telephony", "numbers"),
        folder.join("sounds").display().to_string(),
        folder.join("speech").display().to_string(),
    )
}
