import { describe, expect, it } from 'vitest';
import { languageOf, translator } from './i18n.ts';
import { Composition, type EnterLike, sends } from './ime.ts';
import { ago, duration, sameDay } from './time.ts';

const enter = (more: Partial<EnterLike> = {}): EnterLike => ({
  key: 'Enter',
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

describe('Enter and the input method', () => {
  it('is the input method’s while it composes', () => {
    const composition = new Composition();
    expect(sends(enter({ isComposing: true }), composition, 'enter')).toBe(false);
    expect(sends(enter({ keyCode: 229 }), composition, 'enter')).toBe(false);
  });

  it('is the input method’s until one tick after compositionend', () => {
    const ticks: (() => void)[] = [];
    const composition = new Composition((then) => ticks.push(then));
    composition.start();
    composition.end();
    expect(sends(enter(), composition, 'enter')).toBe(false);
    ticks[0]?.();
    expect(sends(enter(), composition, 'enter')).toBe(true);
  });

  it('stays the input method’s when a new composition starts within that tick', () => {
    const ticks: (() => void)[] = [];
    const composition = new Composition((then) => ticks.push(then));
    composition.start();
    composition.end();
    composition.start();
    ticks[0]?.();
    expect(sends(enter(), composition, 'ctrlEnter')).toBe(false);
  });

  it('makes a new line with Shift, or alone when Ctrl+Enter sends', () => {
    const composition = new Composition();
    expect(sends(enter({ shiftKey: true }), composition, 'enter')).toBe(false);
    expect(sends(enter(), composition, 'ctrlEnter')).toBe(false);
    expect(sends(enter({ ctrlKey: true }), composition, 'ctrlEnter')).toBe(true);
    expect(sends(enter({ metaKey: true }), composition, 'enter')).toBe(true);
  });
});

describe('texts', () => {
  it('puts values in and leaves unknown names alone', () => {
    const texts = { ja: { hi: '{name}様' }, en: { hi: 'Dear {name} {other}' } };
    expect(translator(texts, 'ja')('hi', { name: '田中' })).toBe('田中様');
    expect(translator(texts, 'en')('hi', { name: 'T' })).toBe('Dear T {other}');
  });

  it('takes Japanese tags for Japanese and all others for English', () => {
    expect(['ja', 'ja-JP', 'JA', 'jam', 'en', '', null].map(languageOf)).toEqual([
      'ja',
      'ja',
      'ja',
      'en',
      'en',
      'en',
      'en',
    ]);
  });

  it('writes durations and distances', () => {
    expect([duration(-5), duration(134_000), duration(3_734_000)]).toEqual(['00:00', '02:14', '1:02:14']);
    const now = 1_000_000_000;
    expect(ago(now + 5, now, 'en')).toBe('now');
    expect(ago(now - 180_000, now, 'ja')).toBe('3分前');
    expect(ago(now - 7_200_000, now, 'en')).toBe('2 h');
    expect(ago(now - 4 * 86_400_000, now, 'ja')).toBe('4日前');
    expect(sameDay(now, now + 1)).toBe(true);
  });
});
