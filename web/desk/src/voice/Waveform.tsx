import { duration } from '@madoguchi/shared';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useTexts } from '../view/use.ts';
import { peaks, type Wav } from './wav.ts';

const WIDTH = 600;
const HEIGHT = 64;
/** Steps of the arrow keys and of Page Up and Page Down, in s. */
const STEP = 5;
const LEAP = 30;

interface WaveformProps {
  wav: Wav;
  /** In s. */
  at: number;
  length: number;
  seek: (to: number) => void;
}

/** How loud it is over time, the customer above and everybody else below; a click or the arrow keys go to a place. */
export function Waveform({ wav, at, length, seek }: WaveformProps) {
  const t = useTexts();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, wav);
  }, [wav]);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = place(event.key, at, length);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    seek(to);
  };
  return (
    <div
      className="waveform"
      role="slider"
      tabIndex={0}
      aria-label={t('playPlace')}
      aria-valuemin={0}
      aria-valuemax={Math.round(length)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={t('playAt', { at: duration(at * 1_000), length: duration(length * 1_000) })}
      title={t('waveform')}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        seek(((event.clientX - box.left) / box.width) * length);
      }}
    >
      <canvas ref={canvas} width={WIDTH} height={HEIGHT} />
      <progress max={length} value={at} aria-hidden="true" />
    </div>
  );
}

/** Where a key leads; `null` for keys that lead nowhere. */
export function place(key: string, at: number, length: number): number | null {
  const to = {
    ArrowLeft: at - STEP,
    ArrowDown: at - STEP,
    ArrowRight: at + STEP,
    ArrowUp: at + STEP,
    PageDown: at - LEAP,
    PageUp: at + LEAP,
    Home: 0,
    End: length,
  }[key];
  return to === undefined ? null : Math.min(length, Math.max(0, to));
}

function draw(canvas: HTMLCanvasElement, wav: Wav): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const half = HEIGHT / 2;
  const style = getComputedStyle(canvas);
  context.clearRect(0, 0, WIDTH, HEIGHT);
  const above = peaks(wav, 0, WIDTH);
  const below = wav.channels === 2 ? peaks(wav, 1, WIDTH) : above;
  context.fillStyle = style.getPropertyValue('--wave-customer').trim() || '#0b6e69';
  above.forEach(
    (peak, x) => void context.fillRect(x, half - Math.max(1, peak * half), 1, Math.max(1, peak * half)),
  );
  context.fillStyle = style.getPropertyValue('--wave-others').trim() || '#8a5200';
  below.forEach((peak, x) => void context.fillRect(x, half, 1, Math.max(1, peak * half)));
}
