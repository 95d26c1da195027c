import type { Counts } from './quality.ts';

/** Telephony's own coding first: then nothing on the way has to be coded anew. */
const ORDER = ['audio/pcmu', 'audio/telephone-event', 'audio/pcma'];

export interface Codec {
  mimeType: string;
  clockRate: number;
}

/** The browser's codings in the order that is offered; digits only at the clock of telephony. */
export function preferred<C extends Codec>(codecs: readonly C[]): C[] {
  const rank = ({ mimeType }: C) => {
    const at = ORDER.indexOf(mimeType.toLowerCase());
    return at < 0 ? ORDER.length : at;
  };
  return codecs
    .filter((c) => c.mimeType.toLowerCase() !== 'audio/telephone-event' || c.clockRate === 8_000)
    .sort((a, b) => rank(a) - rank(b));
}

export interface LinkSettings {
  track: MediaStreamTrack;
  /** Hands the offer to the center and brings the answer. */
  exchange: (sdp: string) => Promise<string>;
  onState: (state: 'connected' | 'disconnected' | 'failed') => void;
  onSound: (stream: MediaStream) => void;
}

/** One connection to the gateway. It is never repaired: a new one takes its place. */
export class Link {
  readonly #peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });

  constructor({ track, onState, onSound }: LinkSettings) {
    const transceiver = this.#peer.addTransceiver(track, { direction: 'sendrecv' });
    const codecs = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
    if (codecs.length > 0) transceiver.setCodecPreferences(preferred(codecs));
    this.#peer.ontrack = (event) => onSound(event.streams[0] ?? new MediaStream([event.track]));
    this.#peer.onconnectionstatechange = () => {
      const state = this.#peer.connectionState;
      if (state === 'connected' || state === 'disconnected' || state === 'failed') onState(state);
    };
  }

  /** Rejects when the center refuses or the answer is of no use. */
  async open(exchange: LinkSettings['exchange']): Promise<void> {
    await this.#peer.setLocalDescription();
    const sdp = await exchange(this.#peer.localDescription?.sdp ?? '');
    // It may have been given up while the center was asked.
    if (this.#peer.signalingState !== 'closed')
      await this.#peer.setRemoteDescription({ type: 'answer', sdp });
  }

  async replace(track: MediaStreamTrack): Promise<void> {
    await this.#peer.getSenders()[0]?.replaceTrack(track);
  }

  async counts(): Promise<Counts> {
    const counts: Counts = { received: 0, lost: 0, jitter_ms: 0, rtt_ms: 0 };
    for (const report of (await this.#peer.getStats()).values()) {
      if (report.type === 'inbound-rtp') {
        counts.received = report.packetsReceived ?? 0;
        counts.lost = report.packetsLost ?? 0;
        counts.jitter_ms = (report.jitter ?? 0) * 1_000;
      }
      if (report.type === 'candidate-pair' && report.nominated)
        counts.rtt_ms = (report.currentRoundTripTime ?? 0) * 1_000;
    }
    return counts;
  }

  close(): void {
    this.#peer.ontrack = null;
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
  }
}
