// A made-up recording for the stand-in: somebody speaks at the left, somebody answers at the right.
const RATE = 8_000;
export const SECONDS = 30;

export function tones(channels) {
  const samples = RATE * SECONDS;
  const data = Buffer.alloc(samples * channels * 2);
  for (let i = 0; i < samples; i += 1) {
    const second = i / RATE;
    const syllable = Math.abs(Math.sin(second * 9)) * Math.abs(Math.sin(second * 2.3));
    for (let channel = 0; channel < channels; channel += 1) {
      const speaks = channels === 1 || Math.floor(second / 2) % 2 === channel;
      const wave = Math.sin(2 * Math.PI * (channel === 0 ? 330 : 220) * second);
      data.writeInt16LE(
        Math.round(speaks ? wave * syllable * 14_000 : wave * 120),
        (i * channels + channel) * 2,
      );
    }
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
