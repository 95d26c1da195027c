import { expect, it } from 'vitest';
import { preferred } from './link.ts';

it('offers PCMU first, digits at the clock of telephony alone, and keeps the rest', () => {
  const codecs = [
    { mimeType: 'audio/opus', clockRate: 48_000 },
    { mimeType: 'audio/PCMA', clockRate: 8_000 },
    { mimeType: 'audio/telephone-event', clockRate: 48_000 },
    { mimeType: 'audio/telephone-event', clockRate: 8_000 },
    { mimeType: 'audio/PCMU', clockRate: 8_000 },
  ];
  expect(preferred(codecs).map((c) => `${c.mimeType} ${c.clockRate}`)).toEqual([
    'audio/PCMU 8000',
    'audio/telephone-event 8000',
    'audio/PCMA 8000',
    'audio/opus 48000',
  ]);
});
