/** Telephone numbers as people write them, and as the center wants them (E.164). */

/** Japanese numbers have nine or ten digits after the zero; others as E.164 allows. */
const HOME = /^\+81[1-9]\d{8,9}$/;
const ABROAD = /^\+[1-9]\d{6,14}$/;
const SPECIAL = /^1(?:0[45]|1[0-9]|7[17]|8[489])$/;

/** `03-1234-5678`, `０９０…`, `+81 3 …`, `010 44 …` as `+81312345678`; `null` when it is no number that can be dialled. */
export function dialable(text: string, country = '81'): string | null {
  const plain = text
    .normalize('NFKC')
    .trim()
    .replace(/[-‐‑–—−ー.\s()/]/g, '');
  if (!/^\+?\d+$/.test(plain)) return null;
  if (SPECIAL.test(plain)) return plain;
  const number = plain.startsWith('+')
    ? plain
    : plain.replace(/^(?:010|00)(?=[1-9])/, '+').replace(/^0(?=\d)/, `+${country}`);
  const whole = number.startsWith('+81') ? HOME : ABROAD;
  return whole.test(number) ? number : null;
}

/** `+81312345678` as `03-1234-5678`; numbers of other countries as they are. */
export function spoken(number: string): string {
  const home = /^\+81(\d{8,10})$/.exec(number)?.[1];
  if (home === undefined) return number;
  const groups =
    /^(120|800|570|990)(\d{3})(\d+)$/.exec(home) ??
    /^([5789]0)(\d{4})(\d{4})$/.exec(home) ??
    /^([36])(\d{4})(\d{4})$/.exec(home) ??
    /^(\d{2})(\d{3})(\d+)$/.exec(home);
  return groups ? `0${groups.slice(1).join('-')}` : `0${home}`;
}
