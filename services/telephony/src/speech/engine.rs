//! Open JTalk (Japanese) and eSpeak NG (English, and Japanese where Open JTalk is not installed), each text by a process of its
//! own. Texts go in by standard input, never by the command line.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use super::{RATE, Speech, SpeechError, wav};
use crate::ivr::flow::Language;

/// The longest text, in characters.
pub const MAX_TEXT: usize = 1_200;
/// Open JTalk reads a line of 1,023 bytes and leaves the rest.
const MAX_LINE: usize = 600;
/// Between two lines.
const BREATH_MS: u32 = 180;
/// Where Debian and the project's own installer put dictionaries and voices.
const VOICE_VARIABLE: &str = "MADOGUCHI_HTS_VOICE";
const DICTIONARIES: [&str; 2] = ["/var/lib/mecab/dic/open-jtalk/naist-jdic", "/usr/share/open_jtalk/dic"];
const VOICES: [&str; 2] = [
    "/usr/share/hts-voice/nitech-jp-atr503-m001/nitech_jp_atr503_m001.htsvoice",
    "/usr/share/hts-voice/mei/mei_normal.htsvoice",
];

/// Which programs speak. What is not set is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineConfig {
    /// `open_jtalk`; not set: on the PATH.
    pub open_jtalk: Option<PathBuf>,
    /// A dictionary's folder; not set: where Debian puts it.
    pub dictionary: Option<PathBuf>,
    /// An `.htsvoice` file; not set: what the environment's `MADOGUCHI_HTS_VOICE` names, or where Debian puts it.
    pub hts_voice: Option<PathBuf>,
    /// `espeak-ng`; not set: on the PATH.
    pub espeak: Option<PathBuf>,
    /// How long a text may take; not set: 10 s.
    pub limit: Option<Duration>,
}

/// What is installed.
#[derive(Debug)]
pub struct Engines {
    open_jtalk: Option<OpenJtalk>,
    espeak: Option<PathBuf>,
    limit: Duration,
    folder: PathBuf,
    made: AtomicU64,
}

#[derive(Debug)]
struct OpenJtalk {
    program: PathBuf,
    dictionary: PathBuf,
    voice: PathBuf,
}

impl Engines {
    /// Looks for the engines. None at all is no error: recorded sounds can do without. `folder` is for what they write; it is
    /// made.
    ///
    /// # Errors
    /// [`SpeechError::File`]: the folder cannot be made.
    pub fn find(config: &EngineConfig, folder: &Path) -> Result<Self, SpeechError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| SpeechError::File { doing: format!("make the folder {}", folder.display()), source })?;
        Ok(Self {
            open_jtalk: OpenJtalk::find(config),
            espeak: program(config.espeak.as_ref(), "espeak-ng"),
            limit: config.limit.unwrap_or(Duration::from_secs(10)),
            folder: folder.to_owned(),
            made: AtomicU64::new(0),
        })
    }

    /// Whether a language can be spoken.
    #[must_use]
    pub fn speaks(&self, language: Language) -> bool {
        self.espeak.is_some() || (language == Language::Ja && self.open_jtalk.is_some())
    }

    async fn speak(&self, text: &str, language: Language) -> Result<Arc<[i16]>, SpeechError> {
        if text.trim().is_empty() || text.chars().count() > MAX_TEXT {
            return Err(SpeechError::BadText(MAX_TEXT));
        }
        let mut samples: Vec<i16> = Vec::new();
        for line in lines(text) {
            if !samples.is_empty() {
                samples.resize(samples.len() + (RATE * BREATH_MS / 1_000) as usize, 0);
            }
            samples.extend(self.line(&line, language).await?);
        }
        Ok(samples.into())
    }

    async fn line(&self, line: &str, language: Language) -> Result<Vec<i16>, SpeechError> {
        let file = Scratch(self.folder.join(format!(
            "{}-{}.wav",
            std::process::id(),
            self.made.fetch_add(1, Ordering::Relaxed)
        )));
        match (language, &self.open_jtalk, &self.espeak) {
            (Language::Ja, Some(jtalk), _) => {
                let mut command = Command::new(&jtalk.program);
                command.arg("-x").arg(&jtalk.dictionary).arg("-m").arg(&jtalk.voice).arg("-ow").arg(&file.0);
                self.run(command, line).await?;
            }
            (Language::Ja | Language::En, _, Some(espeak)) => {
                let voice = if language == Language::Ja { "ja" } else { "en-us" };
                let mut command = Command::new(espeak);
                command.args(["-v", voice, "-s", "150", "-b", "1", "--stdin", "-w"]).arg(&file.0);
                self.run(command, line).await?;
            }
            (Language::Ja | Language::En, _, None) => return Err(SpeechError::NoEngine(language)),
        }
        let bytes = tokio::fs::read(&file.0)
            .await
            .map_err(|source| SpeechError::File { doing: format!("read {}", file.0.display()), source })?;
        let path = file.0.clone();
        let decoded = tokio::task::spawn_blocking(move || wav::decode(&bytes, &path)).await;
        decoded.map_err(|error| SpeechError::File { doing: "decode what was spoken".into(), source: error.into() })?
    }

    async fn run(&self, mut command: Command, text: &str) -> Result<(), SpeechError> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| SpeechError::Start { program: program.clone(), source })?;
        let mut stdin = child.stdin.take();
        let text = format!("{text}\n");
        let all = async {
            if let Some(stdin) = &mut stdin {
                // A program that does not read on says why by its exit status.
                let _ = stdin.write_all(text.as_bytes()).await;
            }
            drop(stdin);
            child.wait_with_output().await
        };
        let Ok(ended) = timeout(self.limit, all).await else {
            return Err(SpeechError::TooSlow { program, seconds: self.limit.as_secs() });
        };
        let output = ended.map_err(|source| SpeechError::Start { program: program.clone(), source })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let end: String = said.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
        Err(SpeechError::Failed { program, reason: format!("{}: {}", output.status, end.trim()) })
    }
}

impl Speech for Engines {
    fn say<'a>(&'a self, text: &'a str, language: Language) -> BoxFuture<'a, Result<Arc<[i16]>, SpeechError>> {
        Box::pin(self.speak(text, language))
    }

    fn name(&self, language: Language) -> String {
        match (language, &self.open_jtalk) {
            (Language::Ja, Some(jtalk)) => format!("open-jtalk {}", jtalk.voice.display()),
            (Language::Ja | Language::En, _) => "espeak-ng".to_owned(),
        }
    }
}

impl OpenJtalk {
    fn find(config: &EngineConfig) -> Option<Self> {
        let program = program(config.open_jtalk.as_ref(), "open_jtalk")?;
        let existing = |set: Option<&PathBuf>, usual: &[&str]| match set {
            Some(path) => path.exists().then(|| path.clone()),
            None => usual.iter().map(PathBuf::from).find(|path| path.exists()),
        };
        let dictionary = existing(config.dictionary.as_ref(), &DICTIONARIES)?;
        let named = env::var_os(VOICE_VARIABLE).map(PathBuf::from);
        Some(Self { program, dictionary, voice: existing(config.hts_voice.as_ref().or(named.as_ref()), &VOICES)? })
    }
}

/// The program that was set, or of this name on the PATH; none when it does not exist.
fn program(set: Option<&PathBuf>, name: &str) -> Option<PathBuf> {
    if let Some(path) = set {
        return path.is_file().then(|| path.clone());
    }
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A file that goes when it is done with.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Pieces that an engine reads whole: cut after a sentence, else after a clause, else anywhere.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let mut rest = text.trim();
    while rest.len() > MAX_LINE {
        let most = (0..=MAX_LINE).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let head = &rest[..most];
        let after = |ends: &[char]| head.rfind(ends).map(|at| at + head[at..].chars().next().map_or(1, char::len_utf8));
        let cut = after(&['。', '！', '？', '.', '!', '?']).or_else(|| after(&['、', ',', ' '])).unwrap_or(most);
        lines.push(rest[..cut].trim().to_owned());
        rest = rest[cut..].trim_start();
    }
    lines.push(rest.to_owned());
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_where_one_breathes() {
        assert_eq!(lines("こんにちは。\nさようなら。"), ["こんにちは。 さようなら。"]);
        let sentence = format!("{}。", "あ".repeat(150));
        let cut = lines(&sentence.repeat(3));
        assert_eq!(cut, [sentence.clone(), sentence.clone(), sentence]);
        let endless = "あ".repeat(1_000);
        let cut = lines(&endless);
        assert!(cut.iter().all(|line| line.len() <= MAX_LINE));
        assert_eq!(cut.concat(), endless);
        assert!(lines(" \n").is_empty());
    }

    #[tokio::test]
    async fn without_an_engine_the_error_says_what_is_missing() {
        let folder = env::temp_dir().join(format!("madoguchi-engines-{}", std::process::id()));
        let missing = Some(PathBuf::from("/no/such/program"));
        let config = EngineConfig { open_jtalk: missing.clone(), espeak: missing, ..EngineConfig::default() };
        let engines = Engines::find(&config, &folder).expect("a folder");
        assert!(!engines.speaks(Language::Ja) && !engines.speaks(Language::En));
        let error = engines.say("hello", Language::En).await.expect_err("nothing speaks");
        assert!(error.to_string().contains("espeak-ng"), "{error}");
        assert!(matches!(engines.say(" ", Language::En).await, Err(SpeechError::BadText(_))));
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn a_program_that_fails_or_hangs_is_an_error() {
        let folder = env::temp_dir().join(format!("madoguchi-engines-bad-{}", std::process::id()));
        let config = |program: &str, limit| EngineConfig {
            espeak: Some(program.into()),
            limit: Some(limit),
            ..EngineConfig::default()
        };
        let engines = Engines::find(&config("/bin/false", Duration::from_secs(60)), &folder).expect("a folder");
        assert!(matches!(engines.say("hello", Language::En).await, Err(SpeechError::Failed { .. })));
        let slow = folder.join("slow");
        std::fs::write(&slow, "#!/bin/sh\nexec sleep 600\n").expect("written");
        let mut allowed = std::fs::metadata(&slow).expect("a file").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut allowed, 0o755);
        std::fs::set_permissions(&slow, allowed).expect("allowed");
        let engines =
            Engines::find(&config(&slow.to_string_lossy(), Duration::from_millis(50)), &folder).expect("a folder");
        assert!(matches!(engines.say("hello", Language::En).await, Err(SpeechError::TooSlow { .. })));
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
