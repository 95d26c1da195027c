//! The NATS servers of a center: their configuration, and what each user may do.

use std::fmt::Write;
use std::path::Path;

use super::layout::{Layout, Port};
use super::options::{Options, SyncMode, UpError};
use super::secrets::{Secrets, write_private};

/// What a service's NATS user may do.
struct Rights {
    /// The service.
    service: &'static str,
    /// Streams it creates and writes to, with their subjects' first token.
    owns: &'static [(&'static str, &'static str)],
    /// Streams of others that it follows, and makes in case it is the first to need them.
    makes: &'static [&'static str],
    /// Streams it reads, with their subjects' first token.
    reads: &'static [(&'static str, &'static str)],
    /// Streams out of which it takes what erased customers left.
    purges: &'static [&'static str],
    /// Core NATS subjects that it publishes.
    publishes: &'static [&'static str],
    /// Core NATS subjects that it listens to.
    hears: &'static [&'static str],
}

const KEYS: (&str, &str) = ("KEYS", "keys");
const CHAT: (&str, &str) = ("CHAT", "chat");
const ROUTING: (&str, &str) = ("ROUTING", "routing");
const ACCOUNTS: (&str, &str) = ("ACCOUNTS", "account");
const AUDIT: (&str, &str) = ("AUDIT", "audit");
const DESK: (&str, &str) = ("DESK", "desk");
const FILES: (&str, &str) = ("FILES", "files");
const TELEPHONY: (&str, &str) = ("TELEPHONY", "call");
const RECORDINGS: (&str, &str) = ("RECORDINGS", "recording");
const FLOWS: (&str, &str) = ("FLOWS", "setting");
const CAMPAIGNS: (&str, &str) = ("CAMPAIGNS", "campaign");
const CRM: (&str, &str) = ("CRM", "crm");
const WORK: (&str, &str) = ("WORK", "work");

/// Every stream of a center.
pub(crate) const STREAMS: [&str; 13] = [
    KEYS.0,
    ACCOUNTS.0,
    AUDIT.0,
    DESK.0,
    FILES.0,
    ROUTING.0,
    CHAT.0,
    TELEPHONY.0,
    RECORDINGS.0,
    FLOWS.0,
    CAMPAIGNS.0,
    CRM.0,
    WORK.0,
];

/// Least privilege: a service writes its own streams and the keys, and reads what it follows.
const SERVICES: [Rights; 5] = [
    Rights {
        service: "routing",
        owns: &[ROUTING, KEYS],
        makes: &[],
        reads: &[ROUTING, KEYS],
        purges: &[],
        publishes: &["owner.routing.>", "beat.routing.>"],
        hears: &["owner.routing.>", "beat.routing.>"],
    },
    Rights {
        service: "chat",
        owns: &[CHAT, KEYS],
        makes: &["ROUTING"],
        reads: &[CHAT, ROUTING, KEYS],
        purges: &[],
        publishes: &["typing.>", "beat.chat.>"],
        hears: &["typing.>", "beat.chat.>"],
    },
    Rights {
        service: "edge",
        owns: &[ACCOUNTS, AUDIT, DESK, FILES, KEYS],
        makes: &[],
        reads: &[ACCOUNTS, AUDIT, DESK, FILES, KEYS],
        purges: &["FILES"],
        publishes: &["presence.>", "viewing.>", "door.*"],
        hears: &["presence.>", "viewing.>", "door.*"],
    },
    Rights {
        service: "telephony",
        owns: &[TELEPHONY, RECORDINGS, FLOWS, CAMPAIGNS, KEYS],
        makes: &[],
        reads: &[TELEPHONY, RECORDINGS, FLOWS, CAMPAIGNS, KEYS],
        purges: &["RECORDINGS"],
        publishes: &["owner.telephony.>", "beat.telephony.>"],
        hears: &["owner.telephony.>", "beat.telephony.>"],
    },
    Rights {
        service: "crm",
        // It never writes to CHAT: what it says in conversations goes through chat's door (`crm.chat`, the site's internal token).
        owns: &[CRM, WORK, KEYS],
        makes: &["CHAT", "TELEPHONY"],
        reads: &[CRM, WORK, CHAT, TELEPHONY, KEYS],
        purges: &[],
        publishes: &["beat.crm.>"],
        hears: &["beat.crm.>"],
    },
];

/// User of the operator's programs: reads every stream.
pub(super) const OPERATOR: &str = "operator";
/// User of the leader placement in the system account.
pub(super) const SYSTEM: &str = "system";
/// Services, in the order in which they start.
pub(super) const SERVICE_NAMES: [&str; 6] = ["routing", "chat", "telephony", "crm", "edge", "placement"];

/// Name of a service's user at a site.
pub(super) fn user(site: &str, service: &str) -> String {
    format!("{site}-{service}")
}

/// Prefix of the only inboxes that a user may hear.
pub(super) fn inbox(user: &str) -> String {
    format!("_INBOX_{user}")
}

/// `nats://` addresses as `site`'s services use them: their own server first, the others through wires where there are any.
pub(super) fn addresses(layout: &Layout, options: &Options, site: &str) -> Vec<String> {
    let others = layout.servers().into_iter().filter(|server| server != site).map(|server| {
        let wired = layout.wire(site, &server, Port::Nats);
        format!("nats://{}", if options.wires { wired } else { layout.port(&server, Port::Nats) })
    });
    [format!("nats://{}", layout.port(site, Port::Nats))].into_iter().chain(others).collect()
}

/// Makes the passwords of everybody who signs in to NATS.
pub(super) fn make_passwords(layout: &Layout, secrets: &mut Secrets) {
    let services = layout.sites.iter().flat_map(|site| SERVICE_NAMES.map(|service| user(site, service)));
    secrets.make("telephony", "numbers");
    secrets.make("crm", "identities");
    for name in services.chain([OPERATOR, SYSTEM, "route"].map(str::to_owned)) {
        secrets.make("nats", &name);
    }
}

/// Writes a server's configuration.
pub(super) fn write_config(layout: &Layout, options: &Options, secrets: &Secrets, server: &str) -> Result<(), UpError> {
    let folder = layout.folder(server);
    let text = config(layout, options, secrets, server, &folder.join("nats"));
    write_private(&folder.join("nats.conf"), &text)
}

fn config(layout: &Layout, options: &Options, secrets: &Secrets, server: &str, store: &Path) -> String {
    let route_password = secrets.password("nats", "route");
    let routes: String =
        layout.servers().iter().filter(|other| *other != server).fold(String::new(), |mut text, other| {
            let wired = layout.wire(server, other, Port::Route);
            let address = if options.wires { wired } else { layout.port(other, Port::Route) };
            let _ = write!(text, "\n    \"nats-route://route:{route_password}@{address}\"");
            text
        });
    let sync = match options.sync {
        SyncMode::Always => "always",
        SyncMode::Default => "2m",
    };
    // `advertise` names an address where nobody listens: servers must not find each other past the wires by gossip.
    format!(
        r#"# Written anew at every start.
server_name: "{server}"
listen: "{client}"
http: "{monitor}"
max_payload: 1MB
ping_interval: "2s"
ping_max: 2
write_deadline: "5s"
lame_duck_grace_period: "1s"
lame_duck_duration: "30s"
jetstream {{ store_dir: "{store}", max_memory_store: 64MB, max_file_store: 8GB, sync_interval: {sync} }}
cluster {{
  name: "madoguchi"
  listen: "{route}"
  advertise: "127.0.0.1:1"
  no_advertise: true
  pool_size: -1
  compression: off
  ping_interval: "1s"
  ping_max: 2
  authorization {{ user: "route", password: "{route_password}", timeout: 2 }}
  routes: [{routes}
  ]
}}
accounts {{
  SYS {{ users: [{system}] }}
  APP {{
    jetstream: enabled
    users: [{users}
    ]
  }}
}}
system_account: SYS
"#,
        client = layout.port(server, Port::Nats),
        monitor = layout.port(server, Port::Monitor),
        route = layout.port(server, Port::Route),
        store = store.display(),
        system = system_user(secrets),
        users = users(layout, secrets),
    )
}

/// The system account's only user: it may ask who leads the meta group and how a server is, and that leader to step down;
/// nothing else.
fn system_user(secrets: &Secrets) -> String {
    let publish =
        ["$JS.API.META.LEADER.STEPDOWN", "$SYS.REQ.SERVER.PING.JSZ", "$SYS.REQ.SERVER.PING.HEALTHZ"].map(str::to_owned);
    user_entry(SYSTEM, &secrets.password("nats", SYSTEM), &publish, &[], false)
}

fn users(layout: &Layout, secrets: &Secrets) -> String {
    let mut entries = String::new();
    for site in &layout.sites {
        for rights in &SERVICES {
            let name = user(site, rights.service);
            let (publish, subscribe) = service_rights(rights);
            entries.push_str("\n      ");
            entries.push_str(&user_entry(&name, &secrets.password("nats", &name), &publish, &subscribe, true));
        }
        let name = user(site, "placement");
        entries.push_str("\n      ");
        entries.push_str(&user_entry(&name, &secrets.password("nats", &name), &placement_rights(), &[], false));
    }
    entries.push_str("\n      ");
    entries.push_str(&operator_entry(&secrets.password("nats", OPERATOR)));
    entries
}

fn service_rights(rights: &Rights) -> (Vec<String>, Vec<String>) {
    let mut publish: Vec<String> = rights.publishes.iter().map(|subject| (*subject).to_owned()).collect();
    publish.push("$JS.API.INFO".to_owned());
    for (stream, prefix) in rights.owns {
        publish.push(format!("{prefix}.>"));
        publish.push(format!("$JS.API.STREAM.CREATE.{stream}"));
        publish.push(format!("$JS.API.STREAM.UPDATE.{stream}"));
    }
    publish.extend(rights.purges.iter().map(|stream| format!("$JS.API.STREAM.PURGE.{stream}")));
    publish.extend(rights.makes.iter().map(|stream| format!("$JS.API.STREAM.CREATE.{stream}")));
    let mut subscribe: Vec<String> = rights.hears.iter().map(|subject| (*subject).to_owned()).collect();
    for (stream, prefix) in rights.reads {
        publish.extend(read_rights(stream));
        subscribe.push(format!("live.{prefix}.>"));
    }
    // An erased customer's key is deleted message by message, so that no copy of it stays in the stream.
    publish.push("$JS.API.STREAM.MSG.DELETE.KEYS".to_owned());
    (publish, subscribe)
}

fn read_rights(stream: &str) -> [String; 4] {
    [
        format!("$JS.API.STREAM.INFO.{stream}"),
        format!("$JS.API.STREAM.MSG.GET.{stream}"),
        format!("$JS.API.DIRECT.GET.{stream}"),
        format!("$JS.API.DIRECT.GET.{stream}.>"),
    ]
}

fn placement_rights() -> Vec<String> {
    ["INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO.*", "STREAM.LEADER.STEPDOWN.*"]
        .map(|subject| format!("$JS.API.{subject}"))
        .to_vec()
}

/// Reads everything, and has one stream of its own to measure the servers with.
fn operator_entry(password: &str) -> String {
    let reads = ["INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO.*", "STREAM.MSG.GET.*", "DIRECT.GET.>"];
    let measures = ["STREAM.CREATE.BENCH", "STREAM.DELETE.BENCH"];
    let api = reads.iter().chain(&measures).map(|subject| format!("$JS.API.{subject}"));
    let publish: Vec<String> = api.chain(["bench.>".to_owned()]).collect();
    user_entry(OPERATOR, password, &publish, &["live.>".to_owned()], false)
}

fn user_entry(name: &str, password: &str, publish: &[String], subscribe: &[String], replies: bool) -> String {
    let list =
        |subjects: &[String]| subjects.iter().map(|subject| format!("\"{subject}\"")).collect::<Vec<_>>().join(", ");
    let hear: Vec<String> = subscribe.iter().cloned().chain([format!("{}.>", inbox(name))]).collect();
    let replies = if replies { ", allow_responses: { max: 1, expires: \"5s\" }" } else { "" };
    format!(
        r#"{{ user: "{name}", password: "{password}", permissions: {{ publish: {{ allow: [{}] }}, subscribe: {{ allow: [{}] }}{replies} }} }}"#,
        list(publish),
        list(&hear),
    )
}
