//! A leg's connection, as this gateway has tried it.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Actor, Command, Input, LegState, Stop};
use crate::{
    call::{Deed, End, LegKind, Person, Via, Wanted},
    gateway::{Gateway, now_ms},
    ids::{LegId, LegKey},
    media::RtpState,
    sip::{Caller, Hangup, SipError, Snapshot, Target},
};
use std::sync::Arc;
use uuid::Uuid;

/// How a connection stands here. None at all: nothing was tried yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Being made.
    Trying,
    /// It stands.
    Up,
    /// Being ended.
    Ending,
    /// Gone.
    Over,
}

/// How a try ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// What was asked is on its way; events follow.
    Asked,
    /// It cannot be.
    Failed,
    /// Restored, with the snapshot for the next one.
    Restored(Vec<u8>),
    /// The other side hung up while it was being restored.
    HungUp,
}

/// What the journal keeps of a SIP leg.
#[derive(Serialize, Deserialize)]
struct Kept {
    sip: Snapshot,
    #[serde(deserialize_with = "readable")]
    rtp: Option<RtpState>,
}

/// What another version wrote in another form is none: the dialog is worth more than the numbers of its stream.
fn readable<'de, D: Deserializer<'de>>(from: D) -> Result<Option<RtpState>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(from)?;
    Ok(value.and_then(|value| {
        let read = serde_json::from_value(value);
        read.inspect_err(|error| tracing::warn!(%error, "a leg's stream begins anew: its state cannot be read")).ok()
    }))
}

impl Actor<'_> {
    pub(super) fn settle_wire(&mut self, leg: LegId, wanted: &Wanted) {
        let Some(found) = self.call.legs.get(&leg).cloned() else { return };
        let key = self.key(leg);
        let gateway = Arc::clone(self.gateway);
        match (wanted, self.wires.get(&leg)) {
            (Wanted::Answer, None) => {
                self.wires.insert(leg, Wire::Trying);
                let offer = std::mem::take(&mut self.offer);
                self.try_wire(leg, async move { answer(&gateway, key, &offer).await });
            }
            (Wanted::Call, None) => {
                self.wires.insert(leg, Wire::Trying);
                let (target, caller) = (self.target(&found.kind), self.caller());
                self.try_wire(leg, async move { call(&gateway, key, target, caller).await });
            }
            (Wanted::Keep, None) if found.via != Via::Browser => {
                self.wires.insert(leg, Wire::Trying);
                self.try_wire(leg, async move { restore(&gateway, key, &found.snapshot).await });
            }
            (Wanted::End, Some(Wire::Trying | Wire::Up)) => {
                let over = if found.via == Via::Browser { Wire::Over } else { Wire::Ending };
                self.wires.insert(leg, over);
                let sip = found.via != Via::Browser;
                tokio::spawn(async move { end(&gateway, key, sip).await });
            }
            (Wanted::Answer | Wanted::Call | Wanted::Keep | Wanted::Await | Wanted::End, _) => {}
        }
    }

    fn try_wire(
        &self,
        leg: LegId,
        work: impl Future<Output = Result<Outcome, Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
    ) {
        let key = self.key(leg);
        self.beside(async move {
            let outcome = work.await.unwrap_or_else(|error| {
                tracing::warn!(error = %error, leg = %key, "a leg cannot be connected");
                Outcome::Failed
            });
            Some(Input::Wired(leg, outcome))
        });
    }

    pub(super) async fn on_wired(&mut self, leg: LegId, outcome: Outcome) -> Result<(), Stop> {
        match outcome {
            Outcome::Asked => Ok(()),
            Outcome::Restored(snapshot) => {
                self.wires.insert(leg, Wire::Up);
                self.note(Command::LegUp { leg, snapshot }).await?;
                self.went_on(leg).await
            }
            Outcome::HungUp => {
                self.wires.insert(leg, Wire::Over);
                self.note(Command::LegEnded(leg)).await
            }
            Outcome::Failed => {
                self.wires.insert(leg, Wire::Over);
                let customer =
                    self.call.customer_leg().is_some_and(|(id, found)| id == leg && found.state == LegState::Up);
                // Only a call that was taken over has a leg that is up and a wire that fails.
                let command = if customer { Command::End(End::Lost) } else { Command::LegEnded(leg) };
                self.note(command).await
            }
        }
    }

    /// Signalling says that a leg stands.
    pub(super) async fn up(&mut self, leg: LegId, snapshot: &Snapshot) -> Result<(), Stop> {
        self.wires.insert(leg, Wire::Up);
        let bytes = kept(self.gateway, self.key(leg), snapshot).await;
        self.note(Command::LegUp { leg, snapshot: bytes }).await?;
        self.went_on(leg).await
    }

    /// The other side wants its sound in another way (hold, another address).
    pub(super) async fn change(&mut self, key: LegKey, sdp: &[u8]) -> Result<(), Stop> {
        let gateway = self.gateway;
        let answer = if sdp.is_empty() {
            gateway.media.sip_offer(key, None).await
        } else {
            gateway.media.sip_accept(key, sdp).await
        };
        let accepted = match answer {
            Ok(answer) => gateway.sip.accept_change(key, answer).await,
            Err(error) => {
                tracing::info!(%error, leg = %key, "a change cannot be taken");
                if let Err(error) = gateway.sip.refuse_change(key, 488).await {
                    tracing::debug!(%error, leg = %key, "a change was not refused in time");
                }
                return Ok(());
            }
        };
        match accepted {
            Ok(snapshot) => self.up(key.leg, &snapshot).await,
            Err(error) => {
                tracing::info!(%error, leg = %key, "a change was not completed");
                Ok(())
            }
        }
    }

    /// A phone puts the customer through.
    pub(super) async fn on_refer(&mut self, key: LegKey, to: &str) -> Result<(), Stop> {
        let person = self.call.legs.get(&key.leg).and_then(|leg| leg.kind.person()).map(str::to_owned);
        let (Some(id), Ok(number)) = (person, self.gateway.dialable(to)) else {
            tracing::info!(leg = %key, "a phone's transfer is refused");
            return Ok(());
        };
        let by = Person { id, supervisor: false };
        self.note(Command::Do { id: Uuid::new_v4(), by, deed: Deed::TransferOutside(number) }).await
    }

    fn target(&self, kind: &LegKind) -> Target {
        match kind {
            LegKind::Customer => Target::Number(self.call.number.clone()),
            LegKind::Outside(number) => Target::Number(number.clone()),
            LegKind::Agent(agent) | LegKind::Consulted(agent) | LegKind::Supervisor(agent, _) => {
                Target::Phone { agent: agent.clone() }
            }
        }
    }

    fn caller(&self) -> Caller {
        Caller { number: self.call.dialled.clone(), name: String::new() }
    }
}

type Tried = Result<Outcome, Box<dyn std::error::Error + Send + Sync>>;

async fn answer(gateway: &Gateway, key: LegKey, offer: &[u8]) -> Tried {
    let wish = gateway.sip.wish(key);
    let sdp = if offer.is_empty() {
        gateway.media.sip_offer_as(key, None, wish).await
    } else {
        gateway.media.sip_accept_as(key, offer, wish).await
    };
    match sdp {
        Ok(sdp) => gateway.sip.answer(key, sdp).await?,
        Err(error) => {
            gateway.sip.reject(key, 488, None).await?;
            return Err(error.into());
        }
    }
    Ok(Outcome::Asked)
}

async fn call(gateway: &Gateway, key: LegKey, target: Target, caller: Caller) -> Tried {
    let offers = gateway.media.sip_offers(key).await?;
    gateway.sip.invite(key, target, caller, offers).await?;
    Ok(Outcome::Asked)
}

async fn restore(gateway: &Gateway, key: LegKey, snapshot: &[u8]) -> Tried {
    let kept: Kept = serde_json::from_slice(snapshot)?;
    let wish = gateway.sip.wish_of(&kept.sip);
    let offer = gateway.media.sip_offer_as(key, kept.rtp.map(|rtp| rtp.at(now_ms())), wish).await?;
    let (answer, snapshot) = match gateway.sip.restore(key, &kept.sip, offer).await {
        Err(SipError::HungUp) => return Ok(Outcome::HungUp),
        restored => restored?,
    };
    gateway.media.sip_answered(key, &answer).await?;
    tracing::info!(leg = %key, "a leg was taken over");
    Ok(Outcome::Restored(self::kept(gateway, key, &snapshot).await))
}

async fn end(gateway: &Gateway, key: LegKey, sip: bool) {
    if sip {
        match gateway.sip.hangup(key, Hangup::Over).await {
            Ok(()) | Err(SipError::NoLeg | SipError::WrongState) => {}
            Err(error) => tracing::info!(%error, leg = %key, "a leg was not ended in order"),
        }
    }
    gateway.media.drop_leg(key).await;
}

async fn kept(gateway: &Gateway, key: LegKey, snapshot: &Snapshot) -> Vec<u8> {
    let rtp = gateway.media.states(key.call).await.get(&key.leg).copied();
    serde_json::to_vec(&Kept { sip: snapshot.clone(), rtp }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Told {
        #[serde(deserialize_with = "readable")]
        rtp: Option<RtpState>,
    }

    #[test]
    fn a_stream_that_another_version_kept_begins_anew() {
        let now = RtpState {
            ssrc: 7,
            sequence: 1,
            timestamp: 2,
            at_ms: 3,
            remote: None,
            codec: crate::media::Format::Opus,
            payload_type: 111,
            events: None,
            port: 40_000,
            secure: true,
        };
        let kept = serde_json::json!({ "rtp": now });
        assert_eq!(serde_json::from_value::<Told>(kept).unwrap().rtp, Some(now));
        // As it was before other formats than G.711 were known.
        let before =
            r#"{"rtp":{"ssrc":7,"sequence":1,"timestamp":2,"at_ms":3,"remote":null,"codec":"Pcma","port":40000}}"#;
        assert_eq!(serde_json::from_str::<Told>(before).unwrap().rtp, None);
    }
}
