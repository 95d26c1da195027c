//! The practice flow spoken by the engines that are installed, and its try-out.

use std::path::PathBuf;
use std::time::Duration;

use telephony::ivr::flow::{Flow, Language, SayWhat};
use telephony::ivr::run::{Answer, Piece};
use telephony::ivr::speak;
use telephony::ivr::try_out::{TryCaller, TryInput, try_out};
use telephony::speech::{EngineConfig, Engines, RATE, Speech as _, Voice, VoiceConfig};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("madoguchi-speech-{name}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn engines(folder: &Folder) -> Engines {
    let config = EngineConfig { limit: Some(Duration::from_secs(120)), ..EngineConfig::default() };
    Engines::find(&config, &folder.0.join("scratch")).expect("a folder")
}

/// How long it sounds and how loud it is at its loudest.
fn heard(samples: &[i16]) -> (f64, i32) {
    let loudest = samples.iter().map(|sample| i32::from(*sample).abs()).max().unwrap_or_default();
    (samples.len() as f64 / f64::from(RATE), loudest)
}

#[tokio::test]
async fn japanese_is_spoken_by_open_jtalk_and_english_by_espeak() {
    let folder = Folder::new("both");
    let engines = engines(&folder);
    assert!(engines.name(Language::Ja).contains("htsvoice"), "scripts/test installs Open JTalk: {engines:?}");
    for (text, language) in [
        (speak::say(SayWhat::Money, "1300", Language::Ja), Language::Ja),
        ("お電話ありがとうございます。".to_owned(), Language::Ja),
        (speak::say(SayWhat::Date, "2026-12-08", Language::En), Language::En),
        ("-v; $(touch /tmp/x) \"quoted\"".to_owned(), Language::En),
    ] {
        let sound = engines.say(&text, language).await.expect("it is spoken");
        let (seconds, loudest) = heard(&sound);
        assert!((0.3..15.0).contains(&seconds) && loudest > 1_000, "{text}: {seconds} s, {loudest}");
    }
    let short = engines.say("はい。", Language::Ja).await.expect("it is spoken").len();
    let long = "お客様のご住所と、お電話番号をお話しください。".repeat(10);
    let sound = engines.say(&long, Language::Ja).await.expect("a long text is spoken whole");
    assert!(sound.len() > 25 * short, "{} after {short}", sound.len());
    assert_eq!(std::fs::read_dir(folder.0.join("scratch")).expect("a folder").count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn the_practice_flow_can_be_heard_from_beginning_to_end() {
    let folder = Folder::new("practice");
    let config = VoiceConfig {
        sounds: folder.0.join("sounds"),
        cache: folder.0.join("cache"),
        cache_bytes: 64 << 20,
        at_once: 2,
        patience: Duration::from_secs(120),
    };
    let voice = Voice::new(&config, engines(&folder)).expect("a voice");
    let flow: Flow = serde_json::from_str(include_str!("../../flows/practice.json")).expect("a flow");
    let inputs = [TryInput::Answer(Answer::Closed), TryInput::Digits("1".into()), TryInput::Silence];
    let steps = try_out(&flow, &TryCaller::default(), &inputs);
    let pieces: Vec<Piece> = steps.iter().flat_map(|step| step.heard.clone()).collect();
    assert_eq!(pieces.len(), 3, "closed, the greeting of the message, thanks");
    for piece in pieces {
        let (sound, errors) = voice.render(std::slice::from_ref(&piece)).await;
        assert!(errors.is_empty(), "{errors:?}");
        let (seconds, loudest) = heard(&sound);
        assert!(seconds > 2.0 && loudest > 1_000, "{piece:?}: {seconds} s, {loudest}");
        let (again, _) = voice.render(&[piece]).await;
        assert_eq!(again, sound);
    }
}
