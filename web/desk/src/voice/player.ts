import { chosenDevices, soundAt } from './devices.ts';
import type { Wav } from './wav.ts';

/** Sound is prepared in pieces of this length, this far ahead, in s: an hour never lies in memory as a whole. */
const PIECE = 1;
const AHEAD = 3;
const EVERY = 400;

export type Voices = 'both' | 'customer' | 'others';

/** Plays a recording by the page itself: a strict CSP has no room for `blob:` media. */
export class Player {
  readonly #wav: Wav;
  readonly #onStop: () => void;
  readonly #sources = new Set<AudioBufferSourceNode>();
  #audio: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #voices: Voices = 'both';
  /** Where it stood, in s, when it began to play at `#began` of the audio clock. */
  #from = 0;
  #began = 0;
  #prepared = 0;

  constructor(wav: Wav, onStop: () => void) {
    this.#wav = wav;
    this.#onStop = onStop;
  }

  /** In s. */
  get length(): number {
    return this.#wav.length / this.#wav.rate;
  }

  get plays(): boolean {
    return this.#timer !== undefined;
  }

  /** Where it stands, in s. */
  get position(): number {
    if (!this.plays || !this.#audio) return this.#from;
    return Math.min(this.length, this.#from + Math.max(0, this.#audio.currentTime - this.#began));
  }

  async play(): Promise<void> {
    if (this.plays) return;
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    if (this.#from >= this.length) this.#from = 0;
    this.#timer = setInterval(() => this.#prepare(audio), EVERY);
    await soundAt(audio, chosenDevices().speaker);
    await audio.resume();
    if (!this.plays) return;
    this.#began = audio.currentTime;
    this.#prepared = this.#from;
    this.#prepare(audio);
  }

  pause(): void {
    this.#from = this.position;
    this.#silence();
  }

  seek(to: number): void {
    const plays = this.plays;
    this.#silence();
    this.#from = Math.min(this.length, Math.max(0, to));
    if (plays) void this.play();
  }

  choose(voices: Voices): void {
    const at = this.position;
    this.#voices = voices;
    if (this.plays) this.seek(at);
  }

  close(): void {
    this.#silence();
    void this.#audio?.close();
    this.#audio = null;
  }

  #silence(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const source of this.#sources) source.stop();
    this.#sources.clear();
  }

  #prepare(audio: AudioContext): void {
    if (this.position >= this.length) {
      this.#from = this.length;
      this.#silence();
      return this.#onStop();
    }
    while (this.#prepared < this.length && this.#prepared < this.position + AHEAD) this.#next(audio);
  }

  #next(audio: AudioContext): void {
    const { rate, length } = this.#wav;
    const first = Math.floor(this.#prepared * rate);
    const count = Math.min(Math.round(PIECE * rate), length - first);
    const at = this.#began + this.#prepared - this.#from;
    this.#prepared += PIECE;
    if (count <= 0) return;
    const piece = audio.createBuffer(1, count, rate);
    const samples = piece.getChannelData(0);
    for (let i = 0; i < count; i += 1) samples[i] = this.#sample(first + i);
    const source = audio.createBufferSource();
    source.buffer = piece;
    source.connect(audio.destination);
    source.onended = () => this.#sources.delete(source);
    // A piece that comes late begins within itself.
    source.start(Math.max(at, audio.currentTime), Math.max(0, audio.currentTime - at));
    this.#sources.add(source);
  }

  /** Both voices in both ears: nobody listens to a recording in stereo. */
  #sample(index: number): number {
    if (this.#wav.channels === 1) return this.#wav.at(0, index);
    if (this.#voices === 'customer') return this.#wav.at(0, index);
    if (this.#voices === 'others') return this.#wav.at(1, index);
    return Math.max(-1, Math.min(1, this.#wav.at(0, index) + this.#wav.at(1, index)));
  }
}
