//! A browser's leg.

use std::sync::atomic::Ordering;
use std::time::Duration;

use telephony::ids::{CallId, LegKey};
use telephony::media::{Codec, Media, MediaError, MediaEvent, Prefer};

use super::browser::Browser;
use super::peer::{Phone, Studio};

async fn join(media: &Media, key: LegKey, hz: f64) -> Browser {
    Browser::join(hz, async |offer| media.browser_leg(key, &offer).await.unwrap()).await
}

async fn up_or_gone(studio: &mut Studio) -> MediaEvent {
    studio
        .event(|event| {
            matches!(event, MediaEvent::BrowserUp { .. } | MediaEvent::BrowserGone { .. }).then(|| event.clone())
        })
        .await
}

#[tokio::test]
async fn a_browser_and_a_telephone_talk_and_the_browser_may_come_again() {
    let mut studio = Studio::new(|_| {});
    let call = CallId::new();
    let caller = Phone::new(Some(440.0), Codec::Pcmu);
    caller.call(&studio.media, call.leg(0)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    let key = call.leg(1);
    let browser = join(&studio.media, key, 700.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key });
    browser.hears(&[440]).await;
    caller.hears(&[700]).await;

    browser.keys.lock().unwrap().push(6);
    let digit =
        studio.event(|event| if let MediaEvent::Digit { key, digit } = event { Some((*key, *digit)) } else { None });
    assert_eq!(digit.await, (key, '6'));

    // The page was loaded again: the same leg, another connection. The old one is not told as gone.
    let again = join(&studio.media, key, 900.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key });
    drop(browser);
    caller.hears(&[900]).await;
    again.hears(&[440]).await;

    again.leave.store(true, Ordering::Relaxed);
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserGone { key });
    caller.hears(&[]).await;
}

/// At home behind a thin line: Opus on one side, a telephone on the other.
#[tokio::test]
async fn a_browser_talks_opus_where_that_is_preferred() {
    let mut studio = Studio::new(|config| config.browser_codec = Prefer::Opus);
    let call = CallId::new();
    let caller = Phone::new(Some(440.0), Codec::Pcma);
    caller.call(&studio.media, call.leg(0)).await;
    studio.hear(call, &[(0, 1), (1, 0)]).await;
    let key = call.leg(1);
    let browser = join(&studio.media, key, 700.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key });
    browser.hears(&[440]).await;
    caller.hears(&[700]).await;
    browser.keys.lock().unwrap().push(6);
    let digit =
        studio.event(|event| if let MediaEvent::Digit { key, digit } = event { Some((*key, *digit)) } else { None });
    assert_eq!(digit.await, (key, '6'));
}

#[tokio::test]
async fn a_browser_that_dies_is_noticed() {
    let mut studio = Studio::new(|config| config.silence = Duration::from_millis(500));
    let call = CallId::new();
    let browser = join(&studio.media, call.leg(0), 700.0).await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserUp { key: call.leg(0) });
    drop(browser);
    let silent = studio.event(|event| matches!(event, MediaEvent::Silent { .. }).then_some(()));
    silent.await;
    assert_eq!(up_or_gone(&mut studio).await, MediaEvent::BrowserGone { key: call.leg(0) });
}

#[tokio::test]
async fn an_offer_that_cannot_be_answered_says_why() {
    let studio = Studio::new(|_| {});
    let key = CallId::new().leg(0);
    for offer in ["", "v=0", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"] {
        assert!(matches!(studio.media.browser_leg(key, offer).await, Err(MediaError::Browser(_))), "{offer:?}");
    }
}
