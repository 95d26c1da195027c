//! Calls, as telephony tells of them: each change goes to the people who take part, and to supervisors.

use std::{sync::Arc, time::Duration};

use proto::telephony::v1::{ListCallsRequest, Person, WatchCallsRequest};
use tokio_stream::StreamExt as _;

use crate::{
    door::App,
    frames::{Call, Role, ServerFrame},
    socket::handle::Handle,
};

/// Pause before the watch is made again.
const PAUSE: Duration = Duration::from_millis(300);

/// Watches for as long as the door lives.
pub(crate) async fn run(app: Arc<App>) {
    let Some(client) = app.telephony.clone() else { return };
    loop {
        if let Ok(changes) = client.clone().watch_calls(WatchCallsRequest {}).await {
            let mut changes = changes.into_inner();
            // What changed while nobody watched.
            for call in live(&app, Person { id: "edge".to_owned(), supervisor: true }).await {
                tell(&app, &call);
            }
            while let Some(Ok(change)) = changes.next().await {
                if let Some(call) = change.call {
                    tell(&app, &Call::from(call));
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn tell(app: &App, call: &Call) {
    let frame = ServerFrame::Call { call: Box::new(call.clone()) };
    app.registry.send_to(&frame, |who| who.role == Role::Supervisor || call.people().any(|person| person == &*who.id));
}

/// Tells a socket that has just signed in of the calls that concern it.
pub(crate) fn greet(app: &Arc<App>, handle: &Arc<Handle>) {
    if app.telephony.is_none() || !handle.identity.is_agent() {
        return;
    }
    let (app, handle) = (app.clone(), handle.clone());
    tokio::spawn(async move {
        let by = Person { id: handle.identity.id.to_string(), supervisor: handle.identity.role == Role::Supervisor };
        for call in live(&app, by).await {
            handle.send(&ServerFrame::Call { call: Box::new(call) });
        }
    });
}

async fn live(app: &App, by: Person) -> Vec<Call> {
    let Some(mut client) = app.telephony.clone() else { return Vec::new() };
    let request = ListCallsRequest { by: Some(by), live: true, limit: 1_000, ..ListCallsRequest::default() };
    match client.list_calls(request).await {
        Ok(calls) => calls.into_inner().calls.into_iter().map(Call::from).collect(),
        Err(status) => {
            tracing::debug!(code = ?status.code(), "calls cannot be listed now");
            Vec::new()
        }
    }
}
