/** A telephone recording: one or two channels, in 16-bit numbers or the telephone's own µ-law, in a WAV file. */
export interface Wav {
  rate: number;
  channels: 1 | 2;
  /** Samples of each channel. */
  length: number;
  /** One sample, from −1 to 1. */
  at: (channel: number, index: number) => number;
}

const PCM = 1;
const MU_LAW = 7;
const HEAD = 8;

const text = (view: DataView, at: number) =>
  String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));

/** `null` when it is no such file. A file that is still being written may be cut off, or have no sizes yet. */
export function readWav(buffer: ArrayBuffer): Wav | null {
  const view = new DataView(buffer);
  if (buffer.byteLength < 12 || text(view, 0) !== 'RIFF' || text(view, 8) !== 'WAVE') return null;
  let format: { code: number; channels: number; rate: number; bits: number } | null = null;
  for (let at = 12; at + HEAD <= buffer.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + HEAD;
    if (text(view, at) === 'fmt ' && body + 16 <= buffer.byteLength)
      format = {
        code: view.getUint16(body, true),
        channels: view.getUint16(body + 2, true),
        rate: view.getUint32(body + 4, true),
        bits: view.getUint16(body + 14, true),
      };
    if (text(view, at) === 'data') return format && samples(buffer, body, size, format);
    at = body + size + (size % 2);
  }
  return null;
}

function samples(
  buffer: ArrayBuffer,
  from: number,
  size: number,
  { code, channels, rate, bits }: { code: number; channels: number; rate: number; bits: number },
): Wav | null {
  if (channels !== 1 && channels !== 2) return null;
  const rest = buffer.byteLength - from;
  const bytes = size === 0 || size > rest ? rest : size;
  if (code === PCM && bits === 16) {
    const view = new DataView(buffer, from, bytes);
    const at = (channel: number, index: number) =>
      view.getInt16((index * channels + channel) * 2, true) / 32_768;
    return { rate, channels, length: Math.floor(bytes / (2 * channels)), at };
  }
  if (code === MU_LAW && bits === 8) {
    const view = new Uint8Array(buffer, from, bytes);
    const at = (channel: number, index: number) => MU[view[index * channels + channel] ?? 255] ?? 0;
    return { rate, channels, length: Math.floor(bytes / channels), at };
  }
  return null;
}

/** ITU-T G.711: what each byte stands for. */
const MU: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte & 0xff;
  const size = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80 ? -size : size) / 32_768;
});

/** Every so many samples of a stretch are looked at: more makes no difference to the eye. */
const LOOKS = 60;

/** How loud each of `columns` equal stretches is at its loudest, 0–1. */
export function peaks(wav: Wav, channel: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * wav.length) / columns);
    const to = Math.floor(((column + 1) * wav.length) / columns);
    const step = Math.max(1, Math.floor((to - from) / LOOKS));
    let most = 0;
    for (let i = from; i < to; i += step) most = Math.max(most, Math.abs(wav.at(channel, i)));
    return most;
  });
}
