/** Baresip as a telephone: a caller, or the carrier's other subscribers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RATE = 8_000;

/** A WAV file with one tone. */
export function toneFile(path: string, hz: number, seconds: number, rate = RATE): string {
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let at = 0; at < seconds * rate; at += 1)
    samples.writeInt16LE(Math.round(9_000 * Math.sin((2 * Math.PI * hz * at) / rate)), at * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  writeFileSync(path, Buffer.concat([head, samples]));
  return path;
}

/** How much of the sound's power lies at `hz`, 0 to 1 (Goertzel). */
export function share(samples: number[], hz: number, rate = RATE): number {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [one, two, power] = [0, 0, 0];
  for (const sample of samples) {
    [one, two] = [sample + factor * one - two, one];
    power += sample * sample;
  }
  if (power === 0) return 0;
  return (2 * (one * one + two * two - factor * one * two)) / (samples.length * power);
}

export interface PhoneSettings {
  /** UDP port for SIP. */
  port: number;
  /** Number or name that it shows. */
  user: string;
  /** What it hums. */
  hz: number;
  /** Takes every call at once. */
  answers?: boolean;
}

/** Whether a program listens at a UDP port of this machine. Only looked up: whoever binds it to see takes it from the phone that starts. */
function isTaken(port: number): boolean {
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1);
  return rows.some((row) => row.trim().split(/\s+/)[1]?.endsWith(own));
}

/** A running phone. */
export class Phone {
  readonly folder = mkdtempSync(join(tmpdir(), 'madoguchi-phone-'));
  readonly #process: ChildProcess;
  readonly #keys: number;
  readonly #port: number;

  constructor(settings: PhoneSettings) {
    // Baresip listens for SIP over TLS on the next port itself.
    this.#keys = settings.port + 5;
    this.#port = settings.port;
    const config = join(this.folder, 'config');
    mkdirSync(config);
    const tone = toneFile(join(this.folder, 'tone.wav'), settings.hz, 120);
    const lines = [
      'poll_method epoll',
      `sip_listen 127.0.0.1:${settings.port}`,
      `audio_source aufile,${tone}`,
      'audio_player aufile,/dev/null',
      `audio_alert aufile,${tone}`,
      'audio_level no',
      `rtp_ports ${settings.port + 10}-${settings.port + 40}`,
      'net_interface 127.0.0.1',
      'module_path /usr/lib/baresip/modules',
      'module g711.so',
      'module aufile.so',
      'module sndfile.so',
      'module cons.so',
      'module_tmp account.so',
      'module_app menu.so',
      `cons_listen 127.0.0.1:${this.#keys}`,
      `snd_path ${this.folder}`,
    ];
    writeFileSync(join(config, 'config'), `${lines.join('\n')}\n`);
    const mode = settings.answers ? 'auto' : 'manual';
    const account = `<sip:${settings.user}@127.0.0.1:${settings.port}>;regint=0;audio_codecs=pcmu;answermode=${mode}`;
    writeFileSync(join(config, 'accounts'), `${account}\n`);
    writeFileSync(join(config, 'contacts'), '');
    this.#process = spawn('baresip', ['-f', config], { stdio: 'ignore', cwd: this.folder });
  }

  /** Until it hears what is typed, and what is called in. */
  async ready(): Promise<void> {
    for (const port of [this.#keys, this.#port])
      while (!isTaken(port)) await new Promise((later) => setTimeout(later, 100));
  }

  /** Types on the phone: a command with a slash in front, or keys during a call. */
  async type(text: string): Promise<void> {
    const socket = createSocket('udp4');
    const line = text.startsWith('/') ? `${text}\n` : text;
    await new Promise<void>((sent) => socket.send(line, this.#keys, '127.0.0.1', () => sent()));
    socket.close();
  }

  /** What was heard since the calls began, by call; complete after `hangUp`. */
  heard(): number[][] {
    const files = readdirSync(this.folder).filter((file) => file.endsWith('-dec.wav'));
    return files.sort().map((file) => {
      const data = readFileSync(join(this.folder, file)).subarray(44);
      return Array.from({ length: data.length >> 1 }, (_, at) => data.readInt16LE(at * 2));
    });
  }

  /** Ends the calls and the phone. */
  async off(): Promise<void> {
    const gone = new Promise<void>((end) => this.#process.once('exit', () => end()));
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGTERM');
    await gone;
  }
}
