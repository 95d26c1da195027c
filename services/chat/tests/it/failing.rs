//! Processes die, the journal loses its quorum.

use std::{collections::HashMap, time::Duration};

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::chat::v1::{self as pb, submit_response::Result as Outcome};
use tokio::time::timeout;
use uuid::Uuid;

use crate::common::{Instance, command, customer, messages, open, post};

/// Longer than any answer that an instance was still writing when it was killed.
const QUIET: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_instance_did_not_answer_is_sent_again_elsewhere() {
    const CONVERSATIONS: usize = 8;
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let conversations: Vec<Uuid> = (0..CONVERSATIONS).map(|_| Uuid::new_v4()).collect();
    for conversation in &conversations {
        tokyo.insist(*conversation, customer("c5"), open()).await;
    }
    let mut submit = tokyo.submit().await;
    let sent: Vec<(Uuid, Uuid)> = (0..400).map(|n| (conversations[n % CONVERSATIONS], Uuid::new_v4())).collect();
    let ask = |at: usize| command(sent[at].0, customer("c5"), post(sent[at].1, &format!("{at}")));
    for at in 0..200 {
        submit.send(at as u64, ask(at));
    }
    let mut answered: HashMap<usize, u64> = HashMap::new();
    while answered.len() < 40 {
        note(&mut answered, submit.responses.message().await.unwrap().unwrap());
    }
    for at in 200..400 {
        submit.send(at as u64, ask(at));
    }
    tokyo.kill();
    // Aborted tasks may leave the connection open, as a host that is gone does: then nothing more comes.
    while let Ok(Ok(Some(answer))) = timeout(QUIET, submit.responses.message()).await {
        note(&mut answered, answer);
    }
    for (at, (conversation, message)) in sent.iter().enumerate() {
        let done = osaka.insist(*conversation, customer("c5"), post(*message, &format!("{at}"))).await;
        if let Some(number) = answered.get(&at) {
            assert_eq!((done.number, done.repeated), (*number, true), "what was answered is there");
        }
    }
    for conversation in conversations {
        let events = osaka.read(conversation, customer("c5")).await.unwrap();
        let mut stored: Vec<String> = messages(&events).into_iter().map(|(_, message)| message).collect();
        let mut wanted: Vec<String> =
            sent.iter().filter(|(of, _)| *of == conversation).map(|(_, message)| message.to_string()).collect();
        stored.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(stored, wanted, "every message once");
    }
    osaka.stop().await;
}

fn note(answered: &mut HashMap<usize, u64>, answer: pb::SubmitResponse) {
    match answer.result.unwrap() {
        Outcome::Done(done) => {
            answered.insert(usize::try_from(answer.tag).unwrap(), done.number);
        }
        Outcome::Refusal(refusal) => assert_eq!(refusal.reason, "unavailable"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_quorum_nothing_is_promised_and_afterwards_nothing_is_lost() {
    let cluster = Cluster::start("always").await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let conversation = Uuid::new_v4();
    tokyo.insist(conversation, customer("c6"), open()).await;
    let before = tokyo.insist(conversation, customer("c6"), post(Uuid::new_v4(), "before")).await;
    for server in [OSAKA, journal::testing::WITNESS] {
        cluster.kill(server);
    }
    let message = Uuid::new_v4();
    let refused = tokyo.execute(conversation, customer("c6"), post(message, "during")).await.unwrap_err();
    assert_eq!(refused.reason, "unavailable");
    for server in [OSAKA, journal::testing::WITNESS] {
        cluster.start_server(server);
    }
    let after = tokyo.insist(conversation, customer("c6"), post(message, "during")).await;
    assert_eq!(after.number, before.number + 1, "stored once");
    let again = tokyo.insist(conversation, customer("c6"), post(message, "during")).await;
    assert_eq!((again.number, again.repeated), (after.number, true));
    tokyo.stop().await;
}
