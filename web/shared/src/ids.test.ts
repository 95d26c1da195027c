import { expect, it } from 'vitest';
import { SameId } from './ids.ts';

it('names the same content alike until it was answered', () => {
  const ids = new SameId();
  const first = ids.of({ do: 'open', title: 'a' });
  expect(ids.of({ do: 'open', title: 'a' })).toBe(first);
  const other = ids.of({ do: 'open', title: 'b' });
  expect(other).not.toBe(first);
  ids.done();
  expect(ids.of({ do: 'open', title: 'b' })).not.toBe(other);
});
