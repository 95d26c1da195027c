//! What goes on beside calls: asking trunks whether they are there, and registering at those that want it.

use std::{net::IpAddr, sync::Arc, time::Duration};

use rsipstack::{
    dialog::registration::{Registration, backoff_interval, refresh_interval},
    sip::{
        Method, SipMessage,
        typed::{Contact, From as TypedFrom, To as TypedTo},
    },
    transaction::{
        key::{TransactionKey, TransactionRole},
        make_tag,
        transaction::Transaction,
    },
    transport::SipAddr,
};
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{config::Trunk, health::Probe, inbound, legs::Shared, outbound, wire};

/// Starts what the trunk needs, until it is changed or removed.
pub(super) fn start(runtime: &Handle, shared: &Arc<Shared>, trunk: Arc<Trunk>, stop: CancellationToken) {
    if trunk.probe {
        runtime.spawn(until(stop.clone(), probes(shared.clone(), trunk.clone())));
    }
    if let Some(expires_s) = trunk.register_s {
        runtime.spawn(until(stop, registrations(shared.clone(), trunk, expires_s)));
    }
}

async fn until(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn probes(shared: Arc<Shared>, trunk: Arc<Trunk>) {
    loop {
        if let Ok(found) = tokio::net::lookup_host((trunk.host.trim_matches(['[', ']']), trunk.port())).await {
            let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            shared.gate.trunks.resolved(&trunk.id, addresses);
        }
        let wait = Duration::from_millis(shared.config.probe_wait_ms);
        let probe = match timeout(wait, probe(&shared, &trunk)).await {
            Ok(Some(status)) => Probe::Status(status),
            Ok(None) | Err(_) => Probe::Silence,
        };
        shared.gate.trunks.probed(&trunk.id, probe);
        sleep(Duration::from_millis(shared.config.probe_every_ms)).await;
    }
}

/// Asks with OPTIONS, over the trunk's own transport; gives the status.
async fn probe(shared: &Shared, trunk: &Trunk) -> Option<u16> {
    let to = outbound::trunk_uri(trunk, "")?;
    let from = TypedFrom { display_name: None, uri: shared.contact(trunk.transport), params: Vec::new() };
    let own =
        SipAddr { r#type: Some(wire::stack_transport(trunk.transport)), addr: shared.addresses.host(trunk.transport)? };
    let via = shared.endpoint.get_via(Some(own), None).ok()?;
    let request = shared.endpoint.make_request(
        Method::Options,
        to.clone(),
        via,
        from.with_tag(make_tag()),
        TypedTo { display_name: None, uri: to, params: Vec::new() },
        1,
        None,
    );
    let key = TransactionKey::from_request(&request, TransactionRole::Client).ok()?;
    let mut transaction = Transaction::new_client(key, request, shared.endpoint.clone(), None);
    transaction.send().await.ok()?;
    while let Some(message) = transaction.receive().await {
        if let SipMessage::Response(response) = message
            && wire::status(&response) >= 200
        {
            return Some(wire::status(&response));
        }
    }
    None
}

async fn registrations(shared: Arc<Shared>, trunk: Arc<Trunk>, expires_s: u32) {
    let Some(server) = outbound::trunk_uri(&trunk, "") else { return };
    let mut registration = Registration::new(shared.endpoint.clone(), inbound::credential(&trunk));
    let mut failures = 0;
    loop {
        let uri = shared.contact(trunk.transport);
        registration.contact = Some(Contact { display_name: None, uri, params: Vec::new() });
        let pause = match registration.register(server.clone(), Some(expires_s)).await {
            Ok(response) if wire::status(&response) / 100 == 2 => {
                failures = 0;
                shared.gate.trunks.registered(&trunk.id, true);
                refresh_interval(registration.expires())
            }
            other => {
                let status = other.as_ref().map(wire::status).unwrap_or_default();
                tracing::warn!(trunk = trunk.id, status, "registering at the trunk failed");
                shared.gate.trunks.registered(&trunk.id, false);
                failures += 1;
                backoff_interval(failures - 1)
            }
        };
        sleep(pause).await;
    }
}
