/** Two notes, in Hz: a contact rings with both, a message sounds with the higher one. */
const LOW = 659;
const HIGH = 880;
/** Length of a note, in s, and its loudness, 0–1: heard beside a call, never startling. */
const LENGTH = 0.16;
const LOUDNESS = 0.12;

/** Sounds and notices outside of the page. Tones are made here: no file, no other host. */
export class Alerts {
  #audio: AudioContext | null = null;

  ring(): void {
    this.#play([LOW, HIGH]);
  }

  chime(): void {
    this.#play([HIGH]);
  }

  #play(notes: readonly number[]): void {
    if (typeof AudioContext === 'undefined') return;
    this.#audio ??= new AudioContext();
    const audio = this.#audio;
    // Browsers hold sound back until the person did something on the page: then the next one is heard.
    void audio.resume().then(
      () => this.#melody(audio, notes),
      () => {},
    );
  }

  #melody(audio: AudioContext, notes: readonly number[]): void {
    for (const [i, note] of notes.entries()) this.#note(audio, note, audio.currentTime + i * LENGTH);
  }

  #note(audio: AudioContext, frequency: number, at: number): void {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + LENGTH * 1.6);
    tone.connect(gain).connect(audio.destination);
    tone.start(at);
    tone.stop(at + LENGTH * 1.7);
  }

  /** A notice of the system's, only when the page is not looked at. It names nobody. */
  notify(title: string): void {
    if (permission() !== 'granted' || document.visibilityState === 'visible') return;
    new Notification(title, { tag: 'madoguchi', icon: './icon.svg' }).onclick = () => window.focus();
  }
}

export type Permission = 'granted' | 'denied' | 'default' | 'unsupported';

export const permission = (): Permission =>
  typeof Notification === 'undefined' ? 'unsupported' : Notification.permission;

/** Asks the person; only ever called from a button of theirs. */
export const askPermission = async (): Promise<Permission> =>
  typeof Notification === 'undefined' ? 'unsupported' : Notification.requestPermission();
