//! Leaders go to the witness, and come back to it.

use journal::{
    Expect, Stream, placement,
    testing::{Cluster, OSAKA, TOKYO, WITNESS},
};
use tokio_util::sync::CancellationToken;

use crate::common::{append, until};

#[tokio::test(flavor = "multi_thread")]
async fn leaders_live_on_the_witness_whenever_it_is_well() {
    let stream = Stream::new("STEER", "steer");
    let cluster = Cluster::start("always").await;
    let journal = cluster.journal(TOKYO, "steer").await;
    journal.ensure_stream(&stream).await.unwrap();
    let shutdown = CancellationToken::new();
    let steering: Vec<_> = [TOKYO, OSAKA]
        .map(|home| tokio::spawn(placement::run(cluster.settings(home, "steer"), shutdown.clone())))
        .into();
    let led = |server: usize| {
        let (cluster, journal) = (&cluster, &journal);
        async move {
            let meta = cluster.monitor(TOKYO, "/jsz").await;
            let meta = meta.and_then(|jsz| jsz["meta_cluster"]["leader"].as_str().map(str::to_owned));
            cluster.leader(journal, "STEER").await == server
                && cluster.leader(journal, "KEYS").await == server
                && (server != WITNESS || meta.as_deref() == Some("witness"))
        }
    };
    until("all leaders are on the witness", || led(WITNESS)).await;
    cluster.lead(&journal, "STEER", OSAKA).await;
    until("a leader that moved comes back", || led(WITNESS)).await;
    cluster.kill(WITNESS);
    until("somebody else leads", || async { cluster.leader(&journal, "STEER").await != WITNESS }).await;
    until("appends go on", || async {
        journal.append(append(stream, "steer.a", Expect::Any, "while-away")).await.is_ok()
    })
    .await;
    cluster.start_server(WITNESS);
    until("leaders come home", || led(WITNESS)).await;
    shutdown.cancel();
    for task in steering {
        task.await.unwrap();
    }
}
