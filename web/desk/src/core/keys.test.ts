import { expect, it } from 'vitest';
import { ACTIONS, actionOf, bind, comboOf, DEFAULT_KEYS, isSingle, type KeyPress, keyOf } from './keys.ts';

const press = (key: string, code: string, ...held: string[]): KeyPress => ({
  key,
  code,
  ctrlKey: held.includes('ctrl'),
  metaKey: held.includes('meta'),
  altKey: held.includes('alt'),
  shiftKey: held.includes('shift'),
});

it('names keys alike on every keyboard', () => {
  expect(comboOf(press('k', 'KeyK', 'meta'))).toBe('Ctrl+K');
  expect(comboOf(press('˜', 'KeyN', 'alt'))).toBe('Alt+N');
  expect(comboOf(press('ｊ', 'KeyJ'))).toBe('J');
  expect(comboOf(press('?', 'Slash', 'shift'))).toBe('?');
  expect(comboOf(press('?', 'Minus', 'shift'))).toBe('?');
  expect(comboOf(press('/', 'Slash', 'ctrl'))).toBe('Ctrl+/');
  expect(comboOf(press('E', 'KeyE', 'alt', 'shift'))).toBe('Alt+Shift+E');
  expect(comboOf(press('1', 'Digit1', 'alt'))).toBe('Alt+1');
  expect(comboOf(press('!', 'Digit1', 'shift'))).toBe('!');
});

it('leaves modifiers and the input method alone', () => {
  expect(comboOf(press('Shift', 'ShiftLeft', 'shift'))).toBeNull();
  expect(comboOf(press('Process', 'KeyJ'))).toBeNull();
});

it('gives no two actions the same key, and none that the browser or an input method needs', () => {
  const keys = ACTIONS.map((action) => DEFAULT_KEYS[action]);
  expect(new Set(keys).size).toBe(keys.length);
  for (const action of ACTIONS) expect(bind({}, action, DEFAULT_KEYS[action])).toEqual({ bindings: {} });
});

it('binds a free key, refuses a taken or reserved one, and goes back', () => {
  const chosen = bind({}, 'transfer', 'Alt+Y');
  expect(chosen).toEqual({ bindings: { transfer: 'Alt+Y' } });
  const bindings = 'bindings' in chosen ? chosen.bindings : {};
  expect([keyOf('transfer', bindings), actionOf('Alt+Y', bindings), actionOf('Alt+T', bindings)]).toEqual([
    'Alt+Y',
    'transfer',
    null,
  ]);
  expect(bind(bindings, 'note', 'Alt+Y')).toEqual({ problem: 'taken', by: 'transfer' });
  for (const combo of ['Ctrl+ ', 'Alt+`', 'F7', 'Ctrl+W', 'Enter', 'Alt+3', 'Escape'])
    expect(bind({}, 'note', combo)).toMatchObject({ problem: 'reserved' });
  expect(bind(bindings, 'transfer', 'Alt+T')).toEqual({ bindings: {} });
});

it('knows which keys must not work in a text', () => {
  expect(['J', '?', 'Alt+N', 'Ctrl+K', 'Shift+J'].map(isSingle)).toEqual([true, true, false, false, true]);
});
