/** A text of the company's; English may be absent. */
export interface Texts {
  ja: string;
  en?: string;
}

/** The text in a language, or in the other one where there is none. */
export const textIn = (texts: Texts, language: 'ja' | 'en'): string =>
  language === 'en' ? texts.en || texts.ja : texts.ja || texts.en || '';

/** A question before the chat. */
export interface Question {
  id: string;
  label: Texts;
  kind: 'text' | 'choice';
  choices?: Texts[];
  required: boolean;
}

/** A reason to come, and the queue that it leads to. */
export interface ContactReason {
  id: string;
  ja: string;
  en: string;
  queue: string;
}

/** How a company's widget looks and what it asks. */
export interface Theme {
  company: Texts;
  /** `#rrggbb` */
  color: string;
  /** A `data:` address of a picture. */
  logo?: string;
  welcome: Texts;
  pre_chat: Question[];
  reasons: ContactReason[];
}

type Rgb = [number, number, number];

function rgbOf(color: string): Rgb | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1];
  if (hex === undefined) return null;
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as Rgb;
}

const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/** Relative luminance as WCAG 2 defines it, 0 to 1. */
function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast of two colours as WCAG 2 defines it, 1 to 21; 1 when one of them is none. */
export function contrast(a: string, b: string): number {
  const [first, second] = [rgbOf(a), rgbOf(b)];
  if (!first || !second) return 1;
  const [high = 0, low = 0] = [luminance(first), luminance(second)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** What WCAG 2.2 AA asks of normal text; a little more, for rounding. */
const ENOUGH = 4.6;

function mix(a: Rgb, b: Rgb, part: number): Rgb {
  return a.map((value, i) => value * (1 - part) + (b[i] ?? 0) * part) as Rgb;
}

/** The company's colour made dark enough for white letters on it and for letters of it on white. */
export interface Accents {
  accent: string;
  deep: string;
  /** Behind the customer's own messages, and its edge. */
  own: string;
  edge: string;
}

/** `null` when the colour is none. */
export function accentsOf(color: string): Accents | null {
  const black: Rgb = [0, 0, 0];
  const white: Rgb = [255, 255, 255];
  const wanted = rgbOf(color);
  if (!wanted) return null;
  let accent = wanted;
  for (let i = 0; i < 40 && contrast(hexOf(accent), '#ffffff') < ENOUGH; i += 1)
    accent = mix(accent, black, 0.06);
  return {
    accent: hexOf(accent),
    deep: hexOf(mix(accent, black, 0.25)),
    own: hexOf(mix(accent, white, 0.86)),
    edge: hexOf(mix(accent, white, 0.7)),
  };
}
