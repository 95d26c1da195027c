//! Settings, files and used links through a real journal.
//!
//! Seen to fail here: a part sealed without its conversation, a link used with `Expect::Any`, a file's key kept after erasure.

use bytes::Bytes;
use edge::keep::{FILES, JournalKeep, Keep as _, Kind, NewFile, PART_BYTES};
use journal::{
    Journal,
    testing::{Cluster, OSAKA, TOKYO},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

struct Site {
    keep: JournalKeep,
    journal: Journal,
    stop: CancellationToken,
}

impl Site {
    async fn start(cluster: &Cluster, site: usize) -> Self {
        let journal = cluster.journal(site, "edge").await;
        journal.ensure_stream(&edge::keep::DESK).await.unwrap();
        journal.ensure_stream(&FILES).await.unwrap();
        let keep = JournalKeep::new(journal.clone(), 1_024);
        let stop = CancellationToken::new();
        let (following, token) = (keep.clone(), stop.clone());
        tokio::spawn(async move { following.follow(token).await });
        Self { keep, journal, stop }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn uuid() -> String {
    Uuid::new_v4().to_string()
}

fn file(bytes: usize) -> NewFile {
    let bytes: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
    let (conversation, customer) = (uuid(), uuid());
    let (file, name) = (uuid(), "とても珍しい名前.pdf".to_owned());
    NewFile { conversation, customer, file, name, media_type: "application/pdf", bytes: bytes.into() }
}

async fn read(site: &Site, file: &NewFile) -> Result<Bytes, String> {
    let NewFile { conversation, customer, file, .. } = file;
    let head = site.keep.file_head(conversation, customer, file).await.map_err(|refusal| refusal.reason.to_string())?;
    let mut all = Vec::new();
    for part in 0..head.parts {
        let data = site.keep.file_part(conversation, customer, file, part).await;
        all.extend(data.map_err(|refusal| refusal.reason.to_string())?);
    }
    assert_eq!((head.bytes, head.name.as_str()), (all.len() as u64, "とても珍しい名前.pdf"));
    Ok(all.into())
}

#[tokio::test]
async fn a_setting_made_anywhere_is_known_everywhere() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let id = uuid();
    let of = |site: &Site| site.keep.documents(Kind::Canned).into_iter().find(|document| document.id == id);
    assert!(tokyo.keep.change(Kind::Canned, &id, "boss", Some("{}".to_owned())).await.unwrap());
    assert_eq!(of(&tokyo).unwrap().by, "boss", "whoever set it knows it at once");
    while of(&osaka).is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(osaka.keep.change(Kind::Canned, &id, "other", None).await.unwrap());
    assert!(!osaka.keep.change(Kind::Canned, &id, "other", None).await.unwrap());
    while of(&tokyo).is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn one_link_is_used_once_by_two_sites_at_the_same_time() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    for _ in 0..5 {
        let code = uuid();
        let (one, other) = tokio::join!(tokyo.keep.use_link(&code, "c"), osaka.keep.use_link(&code, "c"));
        assert_eq!(usize::from(one.unwrap()) + usize::from(other.unwrap()), 1);
    }
}

#[tokio::test]
async fn an_acknowledged_file_outlives_its_site() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let file = file(2 * PART_BYTES + 7);
    tokyo.keep.store_file(file.clone()).await.unwrap();
    tokyo.keep.store_file(file.clone()).await.unwrap();
    cluster.kill(TOKYO);
    // Until the streams have leaders again the answer is `unavailable`; what was acknowledged is never gone.
    let found = loop {
        match read(&osaka, &file).await {
            Ok(found) => break found,
            Err(reason) => assert_eq!(reason, "unavailable"),
        }
    };
    assert_eq!(found, file.bytes);
}

#[tokio::test]
async fn an_erased_customers_file_is_noise() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let mine = file(1_000);
    tokyo.keep.store_file(mine.clone()).await.unwrap();
    let stored = tokyo.journal.replay(&FILES, &format!("files.{}.{}.0", mine.customer, mine.file), 0).await.unwrap();
    for secret in [mine.name.as_bytes(), &mine.bytes[..100]] {
        assert!(!stored.records[0].payload.windows(secret.len()).any(|window| window == secret), "readable");
    }
    let elsewhere = NewFile { conversation: uuid(), ..mine.clone() };
    assert_eq!(read(&osaka, &elsewhere).await, Err("no_such_file".to_owned()), "it opens in its conversation only");
    assert_eq!(read(&osaka, &mine).await.unwrap(), mine.bytes);
    tokyo.journal.vault().erase(&mine.customer).await.unwrap();
    for site in [&tokyo, &osaka] {
        while read(site, &mine).await != Err("erased".to_owned()) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(site.keep.store_file(mine.clone()).await.unwrap_err().reason, "erased");
    }
}

#[tokio::test]
async fn files_never_take_more_room_than_they_may() {
    let cluster = Cluster::shared().await;
    let tokyo = Site::start(&cluster, TOKYO).await;
    let narrow = JournalKeep::new(tokyo.journal.clone(), 0);
    assert_eq!(narrow.store_file(file(10)).await.unwrap_err().reason, "storage_full");
    tokyo.keep.store_file(file(10)).await.unwrap();
}
