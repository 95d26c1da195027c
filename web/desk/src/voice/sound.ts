import type { Quality } from '@madoguchi/shared';
import type { MicrophoneProblem } from './core.ts';
import { chosenDevices, closeMicrophone, MicrophoneError, openMicrophone, soundAt } from './devices.ts';
import { Link, type LinkSettings } from './link.ts';
import { between, type Counts } from './quality.ts';

/** What the softphone needs of a browser, so that its tests can do without one. */
export interface Sound {
  /** `null`: the microphone is there. */
  openMicrophone(): Promise<MicrophoneProblem | null>;
  mute(muted: boolean): void;
  /** Rejects with the center's refusal. */
  join(attempt: number, settings: Pick<LinkSettings, 'exchange' | 'onState'>): Promise<void>;
  keepOnly(attempt: number): void;
  drop(attempt: number): void;
  release(): void;
  /** Whether the browser lets the customer be heard before the person does something on the page. */
  play(): Promise<boolean>;
  /** Since the last look; `null` without a link. */
  quality(): Promise<Quality | null>;
  /** The person chose other devices. */
  changeDevices(): Promise<void>;
}

/** The browser's microphone, loudspeaker and connections. */
export class BrowserSound implements Sound {
  readonly #links = new Map<number, Link>();
  readonly #heard = new Map<number, MediaStream>();
  readonly #audio = new Audio();
  #microphone: MediaStream | null = null;
  #muted = false;
  #kept = 0;
  #counts: Counts | null = null;

  async openMicrophone(): Promise<MicrophoneProblem | null> {
    closeMicrophone(this.#microphone);
    this.#microphone = null;
    try {
      this.#take(await openMicrophone());
      return null;
    } catch (error) {
      return error instanceof MicrophoneError ? error.problem : 'microphone_busy';
    }
  }

  #take(stream: MediaStream): void {
    this.#microphone = stream;
    this.mute(this.#muted);
    const track = stream.getAudioTracks()[0];
    // Unplugged within a call: the system's own microphone takes its place.
    if (track) track.onended = () => void this.changeDevices();
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  async join(
    attempt: number,
    { exchange, onState }: Pick<LinkSettings, 'exchange' | 'onState'>,
  ): Promise<void> {
    const track = this.#microphone?.getAudioTracks()[0];
    if (!track) throw new MicrophoneError('microphone_missing');
    const onSound = (stream: MediaStream) => void this.#heard.set(attempt, stream);
    const link = new Link({ track, exchange, onState, onSound });
    this.#links.set(attempt, link);
    await link.open(exchange);
  }

  keepOnly(attempt: number): void {
    for (const other of [...this.#links.keys()]) if (other !== attempt) this.drop(other);
    this.#kept = attempt;
    this.#counts = null;
    this.#audio.srcObject = this.#heard.get(attempt) ?? null;
  }

  drop(attempt: number): void {
    this.#links.get(attempt)?.close();
    this.#links.delete(attempt);
    this.#heard.delete(attempt);
  }

  release(): void {
    for (const attempt of [...this.#links.keys()]) this.drop(attempt);
    this.#audio.srcObject = null;
    closeMicrophone(this.#microphone);
    this.#microphone = null;
    this.#muted = false;
  }

  async play(): Promise<boolean> {
    await soundAt(this.#audio, chosenDevices().speaker);
    try {
      await this.#audio.play();
      return true;
    } catch (error) {
      // Anything else than "not allowed" is a newer stream that took this one's place.
      return !(error instanceof Error && error.name === 'NotAllowedError');
    }
  }

  async quality(): Promise<Quality | null> {
    const link = this.#links.get(this.#kept);
    if (!link) return null;
    const counts = await link.counts();
    const quality = between(this.#counts, counts);
    this.#counts = counts;
    return quality;
  }

  async changeDevices(): Promise<void> {
    await soundAt(this.#audio, chosenDevices().speaker);
    if (!this.#microphone) return;
    const before = this.#microphone;
    const stream = await openMicrophone().catch(() => null);
    const track = stream?.getAudioTracks()[0];
    if (!stream || !track) return;
    if (this.#microphone !== before) return closeMicrophone(stream);
    this.#take(stream);
    for (const link of this.#links.values()) await link.replace(track);
    closeMicrophone(before);
  }
}
