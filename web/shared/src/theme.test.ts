import { expect, it } from 'vitest';
import { accentsOf, contrast } from './theme.ts';

it('measures contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(contrast('red', '#ffffff')).toBe(1);
});

it('keeps a dark colour and darkens a light one until it can be read', () => {
  expect(accentsOf('#0b6e69')?.accent).toBe('#0b6e69');
  for (const color of ['#ffff00', '#ffffff', '#00ff88', '#ff8800', '#7fb2ff', '#808080']) {
    const made = accentsOf(color) ?? expect.fail(color);
    expect(contrast(made.accent, '#ffffff'), color).toBeGreaterThanOrEqual(4.5);
    expect(contrast(made.deep, '#ffffff'), color).toBeGreaterThan(contrast(made.accent, '#ffffff'));
    expect(contrast('#17302e', made.own), color).toBeGreaterThanOrEqual(7);
    expect(contrast(made.deep, made.own), color).toBeGreaterThanOrEqual(4.5);
  }
  expect(accentsOf('javascript:')).toBeNull();
});
