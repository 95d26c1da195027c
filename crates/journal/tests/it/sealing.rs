//! Keys: one for all, and gone when erased.

use std::{fs, path::Path, time::Duration};

use futures::future::join_all;
use journal::{
    Expect, KeyError, MasterKey, Stream,
    testing::{Cluster, OSAKA, TOKYO, WITNESS},
};
use prost::Message as _;
use proto::journal::v1::WrappedKey;

use crate::common::{append, until};

#[tokio::test(flavor = "multi_thread")]
async fn creators_at_once_get_one_key_and_erasing_reaches_everybody() {
    let cluster = Cluster::shared().await;
    let journals =
        [cluster.journal(TOKYO, "a").await, cluster.journal(OSAKA, "b").await, cluster.journal(WITNESS, "c").await];
    assert!(journals[0].vault().existing("cus-1").await.unwrap().is_none());
    let keys = join_all((0..12).map(|n| journals[n % 3].vault().key("cus-1"))).await;
    let keys: Vec<_> = keys.into_iter().map(Result::unwrap).collect();
    let sealed = keys[0].seal("chat.x", "田中".as_bytes());
    for key in &keys {
        assert_eq!(key.open("chat.x", &sealed).unwrap(), "田中".as_bytes());
    }
    let fresh = cluster.journal(OSAKA, "fresh").await;
    let key = fresh.vault().existing("cus-1").await.unwrap().unwrap();
    assert!(key.open("chat.x", &sealed).is_ok());

    let wrapped = wrapped(&journals[0], "cus-1").await;
    assert!(stored_anywhere(&cluster, &wrapped), "the test looks for the wrong bytes");
    let at = journals[1].vault().erase("cus-1").await.unwrap();
    assert_eq!(fresh.vault().erase("cus-1").await.unwrap(), at, "erasing again changes nothing");
    for journal in &journals {
        until("everybody forgets the key", || async {
            matches!(journal.vault().existing("cus-1").await, Err(KeyError::Erased { .. }))
        })
        .await;
        assert!(matches!(journal.vault().key("cus-1").await, Err(KeyError::Erased { .. })));
    }
    until("no store holds the wrapped key", || async { !stored_anywhere(&cluster, &wrapped) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_at_hand_before_anybody_asks_for_them() {
    let cluster = Cluster::start("always").await;
    let (maker, reader) = (cluster.journal(TOKYO, "maker").await, cluster.journal(OSAKA, "reader").await);
    let sealed = maker.vault().key("cus-1").await.unwrap().seal("x", b"hello");
    maker.vault().key("cus-2").await.unwrap();
    maker.vault().erase("cus-2").await.unwrap();
    let ahead = reader.clone();
    tokio::spawn(async move { ahead.vault().keep_at_hand().await });
    until("the keys that there were are read", || async { reader.vault().at_hand() == 2 }).await;
    maker.vault().key("cus-3").await.unwrap();
    until("a key made later is read too", || async { reader.vault().at_hand() == 3 }).await;
    for server in [TOKYO, OSAKA, WITNESS] {
        cluster.kill(server);
    }
    let key = reader.vault().existing("cus-1").await.unwrap().unwrap();
    assert_eq!(key.open("x", &sealed).unwrap(), b"hello");
    assert!(matches!(reader.vault().existing("cus-2").await, Err(KeyError::Erased { .. })));
    assert!(reader.vault().existing("cus-3").await.unwrap().is_some());
    assert!(matches!(reader.vault().existing("cus-4").await, Err(KeyError::Unavailable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_never_was_can_be_erased_too() {
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "a").await;
    assert!(journal.vault().erase("cus-never").await.unwrap() > 0);
    assert!(matches!(journal.vault().key("cus-never").await, Err(KeyError::Erased { .. })));
    for bad in ["", "a.b", "a b", "*", "田中"] {
        assert!(matches!(journal.vault().key(bad).await, Err(KeyError::BadId { .. })), "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_master_key_opens_what_the_old_one_wrapped() {
    let cluster = Cluster::shared().await;
    let old = cluster.journal(TOKYO, "a").await;
    let sealed = old.vault().key("cus-2").await.unwrap().seal("x", b"hello");
    let mut settings = cluster.settings(TOKYO, "b");
    settings.master_keys.insert(0, MasterKey::new("practice-2", [7; 32]));
    let new = journal::Journal::connect(settings.clone()).await.unwrap();
    assert_eq!(new.vault().key("cus-2").await.unwrap().open("x", &sealed).unwrap(), b"hello");
    new.vault().key("cus-3").await.unwrap();
    assert!(matches!(old.vault().key("cus-3").await, Err(KeyError::Unusable { .. })));
    settings.master_keys.truncate(1);
    let stranger = journal::Journal::connect(settings).await.unwrap();
    assert!(matches!(stranger.vault().key("cus-2").await, Err(KeyError::Unusable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_erased_customer_left_is_taken_out_also_when_nobody_watched() {
    const SOUND: Stream = Stream::new("SOUND", "sound");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "a").await;
    journal.ensure_aging_stream(&SOUND, Duration::from_secs(3_600)).await.unwrap();
    let [before, after, stays] = ["cus-before", "cus-after", "cus-stays"];
    for customer in [before, after, stays] {
        journal.vault().key(customer).await.unwrap();
        for part in ["0", "1"] {
            let subject = format!("sound.{customer}.call.{part}");
            journal.append(append(SOUND, &subject, Expect::Last(0), &subject)).await.unwrap();
        }
    }
    let left = async |subject: &str| journal.replay(&SOUND, subject, 0).await.unwrap().records.len();
    let gone = async |customer: &str, noted: usize| {
        let purging = tokio::spawn({
            let journal = journal.clone();
            async move { journal::purge_erased(&journal, &SOUND).await }
        });
        let subject = format!("sound.{customer}.>");
        until("the erased customer's bytes are gone", || async { left(&subject).await == 0 }).await;
        until("the position is noted", || async { left("sound.purged").await == noted }).await;
        purging.abort();
    };
    journal.vault().erase(before).await.unwrap();
    gone(before, 1).await;
    journal.vault().erase(after).await.unwrap();
    gone(after, 2).await;
    assert_eq!(left("sound.cus-stays.>").await, 2, "nobody else loses anything");
    assert!(journal.stored_bytes(&SOUND).await.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aging_stream_drops_what_is_old_enough_and_its_age_may_change() {
    const AGING: Stream = Stream::new("AGING", "aging");
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "a").await;
    journal.ensure_aging_stream(&AGING, Duration::from_secs(3_600)).await.unwrap();
    journal.append(append(AGING, "aging.x", Expect::Last(0), "old")).await.unwrap();
    let left = async || journal.replay(&AGING, "aging.x", 0).await.unwrap().records.len();
    assert_eq!(left().await, 1);
    journal.ensure_aging_stream(&AGING, Duration::from_secs(1)).await.unwrap();
    until("what is old is dropped", || async { left().await == 0 }).await;
}

async fn wrapped(journal: &journal::Journal, key_id: &str) -> Vec<u8> {
    let request = format!("{{\"last_by_subj\":\"keys.{key_id}\"}}");
    let message = journal.client().request("$JS.API.DIRECT.GET.KEYS", request.into()).await.unwrap();
    WrappedKey::decode(message.payload).unwrap().wrapped.to_vec()
}

/// Whether any server's store of the stream holds the bytes. (The Raft log beside it is cut by the servers' own pace.)
fn stored_anywhere(cluster: &Cluster, bytes: &[u8]) -> bool {
    [TOKYO, OSAKA, WITNESS].iter().any(|server| {
        let stream = cluster.store(*server).join("jetstream/APP/streams/KEYS");
        assert!(stream.is_dir(), "no store at {}", stream.display());
        holds(&stream, bytes)
    })
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    if path.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        return entries.into_iter().any(|entry| holds(&entry.path(), bytes));
    }
    let content = fs::read(path).unwrap_or_default();
    content.windows(bytes.len()).any(|window| window == bytes)
}
