import { expect, it } from 'vitest';
import { peaks, readWav } from './wav.ts';

interface Made {
  code: number;
  bits: number;
  channels: number;
  data: number[];
  size?: number;
}

function file({ code, bits, channels, data, size }: Made): ArrayBuffer {
  const bytes = (data.length * bits) / 8;
  const view = new DataView(new ArrayBuffer(12 + 10 + 24 + 8 + bytes));
  const word = (at: number, text: string) =>
    [...text].forEach((c, i) => void view.setUint8(at + i, c.charCodeAt(0)));
  word(0, 'RIFF');
  word(8, 'WAVE');
  // A chunk that nobody asked for, of an odd length.
  word(12, 'LIST');
  view.setUint32(16, 1, true);
  word(22, 'fmt ');
  view.setUint32(26, 16, true);
  view.setUint16(30, code, true);
  view.setUint16(32, channels, true);
  view.setUint32(34, 8_000, true);
  view.setUint16(44, bits, true);
  word(46, 'data');
  view.setUint32(50, size ?? bytes, true);
  data.forEach(
    (one, i) => void (bits === 16 ? view.setInt16(54 + i * 2, one, true) : view.setUint8(54 + i, one)),
  );
  return view.buffer as ArrayBuffer;
}

it('reads numbers of 16 bits, the channels apart', () => {
  const wav = readWav(file({ code: 1, bits: 16, channels: 2, data: [16_384, -8_192, 0, 32_767] }));
  expect([wav?.rate, wav?.channels, wav?.length]).toEqual([8_000, 2, 2]);
  expect([wav?.at(0, 0), wav?.at(1, 0), wav?.at(0, 1)]).toEqual([0.5, -0.25, 0]);
});

it('reads the telephone’s own coding', () => {
  const wav = readWav(file({ code: 7, bits: 8, channels: 1, data: [0xff, 0x7f, 0x80, 0x00] }));
  expect([0, 1, 2, 3].map((i) => Math.round((wav?.at(0, i) ?? 0) * 32_768))).toEqual([
    0, -0, 32_124, -32_124,
  ]);
});

it('reads what is there of a file that is still being written', () => {
  const growing = (size: number) => readWav(file({ code: 1, bits: 16, channels: 1, data: [1, 2, 3], size }));
  expect([growing(0)?.length, growing(9_999)?.length, growing(4)?.length]).toEqual([3, 3, 2]);
});

it('refuses what it cannot play', () => {
  expect(readWav(new ArrayBuffer(0))).toBeNull();
  expect(readWav(new ArrayBuffer(64))).toBeNull();
  expect(readWav(file({ code: 3, bits: 16, channels: 1, data: [1] }))).toBeNull();
  expect(readWav(file({ code: 1, bits: 16, channels: 5, data: [1] }))).toBeNull();
});

it('shows how loud each stretch is', () => {
  const data = Array.from({ length: 800 }, (_, i) => (i < 400 ? 0 : i < 600 ? 8_192 : -16_384));
  const wav = readWav(file({ code: 1, bits: 16, channels: 1, data }));
  expect(wav && peaks(wav, 0, 4)).toEqual([0, 0, 0.25, 0.5]);
});
