import type { Language } from './i18n.ts';

const locale = (language: Language) => (language === 'ja' ? 'ja-JP' : 'en-GB');

/** `14:30` */
export function clock(at: number, language: Language): string {
  return new Intl.DateTimeFormat(locale(language), { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** `2026年11月21日(土)` or `Sat, 21 Nov 2026` */
export function day(at: number, language: Language): string {
  return new Intl.DateTimeFormat(locale(language), {
    year: 'numeric',
    month: language === 'ja' ? 'long' : 'short',
    day: 'numeric',
    weekday: 'short',
  }).format(at);
}

/** Whether two times are on the same day of this device. */
export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** `02:14`, from an hour on `1:02:14`. Never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `now`, `3 min`, `2 h`, `4 d`: how long ago, short enough for a list. */
export function ago(at: number, now: number, language: Language): string {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000);
  const [just, min, hour, dayWord] =
    language === 'ja' ? ['今', '分前', '時間前', '日前'] : ['now', ' min', ' h', ' d'];
  if (minutes < 1) return just ?? '';
  if (minutes < 60) return `${minutes}${min}`;
  if (minutes < 1_440) return `${Math.floor(minutes / 60)}${hour}`;
  return `${Math.floor(minutes / 1_440)}${dayWord}`;
}
