import { chosenDevices, soundAt } from './devices.ts';

/** A ring of Japanese telephones: 400 Hz, 16 times a second, one second of three. */
const TONE = 400;
const FLUTTER = 16;
const LENGTH = 1;
const EVERY = 3_000;
const LOUDNESS = 0.1;

/** Rings while a call waits to be answered. */
export class Ringer {
  #audio: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  get rings(): boolean {
    return this.#timer !== undefined;
  }

  set(on: boolean): void {
    if (on === this.rings) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!on) return void this.#audio?.suspend();
    this.#timer = setInterval(() => void this.#ring(), EVERY);
    void this.#ring();
  }

  async #ring(): Promise<void> {
    if (typeof AudioContext === 'undefined') return;
    this.#audio ??= new AudioContext();
    await soundAt(this.#audio, chosenDevices().ringer);
    // Browsers hold sound back until the person did something on the page.
    await this.#audio.resume().catch(() => {});
    if (this.rings) ringOnce(this.#audio);
  }
}

/** One ring, now. */
export function ringOnce(audio: AudioContext): void {
  const [tone, flutter, depth, gain] = [
    audio.createOscillator(),
    audio.createOscillator(),
    audio.createGain(),
    audio.createGain(),
  ];
  tone.frequency.value = TONE;
  flutter.frequency.value = FLUTTER;
  depth.gain.value = LOUDNESS / 2;
  gain.gain.value = LOUDNESS / 2;
  flutter.connect(depth).connect(gain.gain);
  tone.connect(gain).connect(audio.destination);
  for (const one of [tone, flutter]) {
    one.start(audio.currentTime);
    one.stop(audio.currentTime + LENGTH);
  }
}
