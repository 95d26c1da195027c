//! Where everything of a center is: folders, names and ports.
//!
//! A center uses a block of [`PORTS`] ports from its base:
//!
//! | offset | what |
//! |---|---|
//! | 0 … 3 | `edge` of the first … fourth site: what browsers open |
//! | 10 + 10 × server | one server's NATS: 0 clients, 1 routes, 2 monitoring; its site's 3 PostgreSQL, 4 `routing`, 5 `chat`, 6 `telephony`, 7 SIP (UDP and TCP), 8 `crm` |
//! | 60 + 2 × pair | wires from one server's side to another's: 0 routes, 1 clients |
//!
//! Servers are the sites in their order, then the witness.

use std::fs::{self, File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use rand::Rng;

use super::options::{Options, UpError};

/// Ports in a center's block.
pub(super) const PORTS: u16 = 100;
/// Most sites that a block has room for.
pub(super) const MAX_SITES: usize = 4;
/// Name of the third server.
pub(super) const WITNESS: &str = "witness";

/// A center's places. Holds the block of ports and the data folder against other centers of this machine while it lives.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) data: PathBuf,
    pub(super) sites: Vec<String>,
    pub(super) base: u16,
    _locks: Vec<File>,
}

/// Which of a server's ports.
#[derive(Clone, Copy, Debug)]
pub(super) enum Port {
    Nats = 0,
    Route = 1,
    Monitor = 2,
    Postgres = 3,
    Routing = 4,
    Chat = 5,
    Telephony = 6,
    Sip = 7,
    Crm = 8,
}

impl Layout {
    /// Checks the names, makes the folders, takes the data folder and a block of ports.
    pub(super) fn take(options: &Options) -> Result<Self, UpError> {
        check_names(&options.sites)?;
        let made = fs::create_dir_all(&options.data).and_then(|()| options.data.canonicalize());
        let data = made.map_err(|source| file_error("making the folder", &options.data, source))?;
        let own = lock(&data.join("lock"))?.ok_or_else(|| {
            UpError::Options(format!("another center runs in {}; stop it or choose another --data", data.display()))
        })?;
        let (base, ports) = take_ports(options, &data)?;
        let layout = Self { data, sites: options.sites.clone(), base, _locks: vec![own, ports] };
        for server in layout.servers() {
            let folder = layout.folder(&server);
            fs::create_dir_all(&folder).map_err(|source| file_error("making the folder", &folder, source))?;
        }
        Ok(layout)
    }

    /// The sites, then the witness.
    pub(super) fn servers(&self) -> Vec<String> {
        self.sites.iter().cloned().chain([WITNESS.to_owned()]).collect()
    }

    /// Everything that one site or the witness keeps.
    pub(super) fn folder(&self, server: &str) -> PathBuf {
        self.data.join(server)
    }

    /// Where browsers reach a site.
    pub(super) fn edge(&self, site: &str) -> SocketAddr {
        self.address(index(&self.sites, site))
    }

    /// A port of a site or the witness.
    pub(super) fn port(&self, server: &str, port: Port) -> SocketAddr {
        self.address(10 + 10 * index(&self.servers(), server) + port as u16)
    }

    /// Where `from`'s side reaches the other side's [`Port::Nats`] or [`Port::Route`] when there are wires.
    pub(super) fn wire(&self, from: &str, to: &str, port: Port) -> SocketAddr {
        let servers = self.servers();
        let (from, to) = (index(&servers, from), index(&servers, to));
        let pair = from * (u16::try_from(servers.len()).unwrap_or(u16::MAX) - 1) + to - u16::from(to > from);
        self.address(60 + 2 * pair + u16::from(matches!(port, Port::Nats)))
    }

    /// Ordered pairs of different servers.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let servers = self.servers();
        let others = |from: &String| -> Vec<(String, String)> {
            servers.iter().filter(|to| *to != from).map(|to| (from.clone(), to.clone())).collect()
        };
        servers.iter().flat_map(others).collect()
    }

    fn address(&self, offset: u16) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.base + offset))
    }
}

fn index(names: &[String], name: &str) -> u16 {
    let place = names.iter().position(|known| known == name).unwrap_or_default();
    u16::try_from(place).unwrap_or(u16::MAX)
}

fn check_names(sites: &[String]) -> Result<(), UpError> {
    let fits = |name: &String| {
        let first = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        let rest = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        first && rest && name.len() <= 16 && name != WITNESS
    };
    if let Some(wrong) = sites.iter().find(|name| !fits(name)) {
        return Err(UpError::Options(format!("{wrong:?} cannot name a site: 1 to 16 of a-z and 0-9, a letter first")));
    }
    let mut names = sites.to_vec();
    names.sort();
    names.dedup();
    if names.len() != sites.len() || !(2..=MAX_SITES).contains(&sites.len()) {
        return Err(UpError::Options(format!("a practice center has 2 to {MAX_SITES} sites of different names")));
    }
    Ok(())
}

/// The block that was asked for, else the one that this folder had last time, else any free one.
fn take_ports(options: &Options, data: &Path) -> Result<(u16, File), UpError> {
    let remembered = data.join("base-port");
    let wanted = options.base_port;
    if wanted != 0 {
        return match hold_block(wanted)? {
            Ok(held) => Ok((wanted, held)),
            Err(why) => Err(UpError::Options(format!(
                "ports {wanted} to {}: {why}; choose another --base-port",
                wanted + PORTS - 1
            ))),
        };
    }
    let last = fs::read_to_string(&remembered).ok().and_then(|text| text.trim().parse::<u16>().ok());
    let mut random = rand::rng();
    let tries = std::iter::repeat_with(|| 10_000 + PORTS * random.random_range(0..220));
    for base in last.into_iter().chain(tries.take(200)) {
        if let Ok(held) = hold_block(base)? {
            fs::write(&remembered, base.to_string()).map_err(|source| file_error("writing", &remembered, source))?;
            return Ok((base, held));
        }
    }
    Err(UpError::Options(format!("no free block of {PORTS} ports was found; choose one with --base-port")))
}

/// Takes the block against other centers, and looks whether anything else uses it. The inner error says why not.
fn hold_block(base: u16) -> Result<Result<File, String>, UpError> {
    if !(1024..=u16::MAX - PORTS).contains(&base) {
        return Err(UpError::Options(format!("--base-port must be between 1024 and {}", u16::MAX - PORTS)));
    }
    let Some(held) = lock(&std::env::temp_dir().join(format!("madoguchi-ports-{base}.lock")))? else {
        return Ok(Err("another center uses them".to_owned()));
    };
    let used = (base..base + PORTS).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_err());
    Ok(used.map_or(Ok(held), |port| Err(format!("{port} is in use"))))
}

/// The file, locked; `None` when somebody else holds it.
fn lock(path: &Path) -> Result<Option<File>, UpError> {
    let file = match File::options().create(true).append(true).open(path) {
        Ok(file) => file,
        // Another user's.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(None),
        Err(source) => return Err(file_error("opening", path, source)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(file_error("locking", path, source)),
    }
}

/// Shorthand for [`UpError::File`].
pub(super) fn file_error(action: &'static str, path: &Path, source: std::io::Error) -> UpError {
    UpError::File { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_things_share_a_port_in_the_largest_center() {
        let names = |names: [&str; 4]| names.map(str::to_owned).to_vec();
        let layout = Layout { data: PathBuf::new(), sites: names(["a", "b", "c", "d"]), base: 10_000, _locks: vec![] };
        let kinds = [
            Port::Nats,
            Port::Route,
            Port::Monitor,
            Port::Postgres,
            Port::Routing,
            Port::Chat,
            Port::Telephony,
            Port::Sip,
            Port::Crm,
        ];
        let own = layout.servers().into_iter().flat_map(|server| kinds.map(|kind| layout.port(&server, kind)));
        let edges = layout.sites.iter().map(|site| layout.edge(site));
        let wires = layout
            .pairs()
            .into_iter()
            .flat_map(|(from, to)| [Port::Nats, Port::Route].map(|kind| layout.wire(&from, &to, kind)));
        let all: Vec<SocketAddr> = own.chain(edges).chain(wires).collect();
        assert_eq!(all.len(), 5 * 9 + 4 + 5 * 4 * 2);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|address| (10_000..10_000 + PORTS).contains(&address.port())));
    }

    #[test]
    fn names_that_would_break_files_or_subjects_are_refused() {
        let check = |names: &[&str]| check_names(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(check(&["tokyo", "osaka"]).is_ok());
        for wrong in [
            &["tokyo"][..],
            &["tokyo", "tokyo"],
            &["tokyo", "witness"],
            &["tokyo", "a.b"],
            &["tokyo", ""],
            &["tokyo", "1a"],
        ] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }
}
