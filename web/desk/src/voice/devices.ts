import type { MicrophoneProblem } from './core.ts';

/** The devices that a person chose; empty: what the system proposes. */
export interface Devices {
  microphone: string;
  speaker: string;
  /** Where calls ring: often a loudspeaker, while the voice is in the headset. */
  ringer: string;
}

const KEY = 'madoguchi.desk.devices';
const NONE: Devices = { microphone: '', speaker: '', ringer: '' };

export function chosenDevices(): Devices {
  try {
    return { ...NONE, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Devices>) };
  } catch {
    return NONE;
  }
}

export function keepDevices(devices: Devices): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(devices));
  } catch {
    // Storage is full or forbidden: the choice lasts as long as the page.
  }
}

export class MicrophoneError extends Error {
  readonly problem: MicrophoneProblem;

  constructor(problem: MicrophoneProblem) {
    super(`the microphone cannot be used: ${problem}`);
    this.problem = problem;
  }
}

/** What a browser's refusal means for the person. */
export function problemOf(error: unknown): MicrophoneProblem {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'microphone_refused';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'microphone_missing';
  return 'microphone_busy';
}

const CLEAN = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** The chosen microphone, or the system's own when that one is unplugged. */
export async function openMicrophone(chosen = chosenDevices().microphone): Promise<MediaStream> {
  // Browsers hide it from pages that did not come by https.
  if (!navigator.mediaDevices?.getUserMedia) throw new MicrophoneError('insecure');
  try {
    if (chosen !== '')
      try {
        return await navigator.mediaDevices.getUserMedia({
          audio: { ...CLEAN, deviceId: { exact: chosen } },
        });
      } catch (error) {
        if (problemOf(error) !== 'microphone_missing') throw error;
      }
    return await navigator.mediaDevices.getUserMedia({ audio: CLEAN });
  } catch (error) {
    throw new MicrophoneError(problemOf(error));
  }
}

export function closeMicrophone(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

export interface Listed {
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

/** What is plugged in. Names are only told once the microphone was allowed. */
export async function listDevices(): Promise<Listed> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind: MediaDeviceKind) => all.filter((one) => one.kind === kind && one.deviceId !== '');
  return { microphones: of('audioinput'), speakers: of('audiooutput') };
}

interface Sink {
  setSinkId?: (id: string) => Promise<void>;
}

/** Sends sound to a device; to the system's own where the browser cannot choose or it is unplugged. */
export async function soundAt(sink: object, device: string): Promise<void> {
  try {
    await (sink as Sink).setSinkId?.(device);
  } catch {
    await (sink as Sink).setSinkId?.('').catch(() => {});
  }
}
