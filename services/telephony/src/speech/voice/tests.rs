//! The voice over an engine that counts.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{BoxFuture, join_all};

use super::*;
use crate::speech::wav;

/// Says a text as so many samples of its length; "bad" fails.
#[derive(Clone, Default)]
struct Counting {
    said: Arc<AtomicUsize>,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Speech for Counting {
    fn say<'a>(&'a self, text: &'a str, language: Language) -> BoxFuture<'a, Result<Arc<[i16]>, SpeechError>> {
        Box::pin(async move {
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.now.fetch_sub(1, Ordering::SeqCst);
            self.said.fetch_add(1, Ordering::SeqCst);
            if text == "bad" { Err(SpeechError::NoEngine(language)) } else { Ok(vec![7; text.len()].into()) }
        })
    }

    fn name(&self, _: Language) -> String {
        "counting".to_owned()
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("madoguchi-voice-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("sounds")).expect("a folder");
        Folder(folder)
    }

    fn voice(&self, speech: Counting) -> Voice {
        let config = VoiceConfig {
            sounds: self.0.join("sounds"),
            cache: self.0.join("cache"),
            cache_bytes: 1 << 20,
            at_once: 2,
            patience: Duration::from_secs(60),
        };
        Voice::new(&config, speech).expect("a voice")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn piece(file: Option<&str>, text: Option<&str>, personal: bool) -> Piece {
    Piece { file: file.map(str::to_owned), text: text.map(str::to_owned), language: Language::Ja, personal }
}

#[tokio::test]
async fn a_text_is_spoken_once_whoever_asks() {
    let (folder, speech) = (Folder::new("once"), Counting::default());
    let voice = folder.voice(speech.clone());
    let same = join_all((0..20).map(|_| voice.say("hello", Language::En, true))).await;
    assert!(same.iter().all(|sound| sound.as_ref().is_ok_and(|it| it.len() == 5)));
    assert_eq!(speech.said.load(Ordering::SeqCst), 1);
    let again = folder.voice(speech.clone());
    again.say("hello", Language::En, true).await.expect("a sound");
    assert_eq!(speech.said.load(Ordering::SeqCst), 1, "another process finds it on disk");
    again.say("hello", Language::Ja, true).await.expect("a sound");
    assert_eq!(speech.said.load(Ordering::SeqCst), 2, "another language is another sound");
}

#[tokio::test]
async fn only_so_many_texts_are_spoken_at_once() {
    let (folder, speech) = (Folder::new("turns"), Counting::default());
    let voice = folder.voice(speech.clone());
    let texts: Vec<String> = (0..30).map(|number| format!("text {number}")).collect();
    join_all(texts.iter().map(|text| voice.say(text, Language::En, false))).await;
    assert_eq!((speech.said.load(Ordering::SeqCst), speech.most.load(Ordering::SeqCst)), (30, 2));
}

#[tokio::test]
async fn what_says_something_of_a_caller_is_not_on_disk() {
    let (folder, speech) = (Folder::new("personal"), Counting::default());
    let voice = folder.voice(speech.clone());
    voice.render(&[piece(None, Some("山田さま"), true)]).await;
    voice.render(&[piece(None, Some("山田さま"), true)]).await;
    assert_eq!(speech.said.load(Ordering::SeqCst), 1, "kept in memory");
    assert_eq!(std::fs::read_dir(folder.0.join("cache")).expect("a folder").count(), 0);
}

#[tokio::test]
async fn a_recorded_file_wins_and_the_text_stands_in() {
    let (folder, speech) = (Folder::new("files"), Counting::default());
    std::fs::write(folder.0.join("sounds/hello.wav"), wav::encode(&[3; 100]).expect("a file")).expect("written");
    let voice = folder.voice(speech.clone());
    let (sound, errors) = voice.render(&[piece(Some("hello"), Some("abc"), false)]).await;
    assert_eq!((*sound).to_vec(), vec![3; 100]);
    assert!(errors.is_empty());
    let (sound, errors) =
        voice.render(&[piece(Some("gone"), Some("abc"), false), piece(Some("hello"), None, false)]).await;
    let gap = (RATE * GAP_MS / 1_000) as usize;
    assert_eq!((*sound).to_vec(), [vec![7; 3], vec![0; gap], vec![3; 100]].concat());
    assert!(matches!(errors[..], [SpeechError::NoSound(_)]), "and it is said: {errors:?}");
    let (sound, errors) = voice.render(&[piece(Some("gone"), None, false), piece(None, Some("bad"), false)]).await;
    assert!(sound.is_empty() && errors.len() == 2, "{errors:?}");
}
