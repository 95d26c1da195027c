import { useCallback, useEffect, useRef, useState } from 'react';
import { reasonOf, useSameId } from '../customer/use.ts';
import { useDesk } from '../view/use.ts';

/** The view follows what was written: asked again after each of these, in ms. */
const WRITTEN: readonly number[] = [300, 1_200];

export interface Loaded<T> {
  state: 'loading' | 'ready' | 'failed';
  value: T;
  again: () => void;
}

/** Asks the center for something, and again when it was written to, or every so many ms; what was told stays while that fails. */
export function useLoaded<T>(path: string, empty: T, every = 0): Loaded<T> {
  const desk = useDesk();
  const [loaded, setLoaded] = useState<{ state: Loaded<T>['state']; value: T }>({
    state: 'loading',
    value: empty,
  });
  const turn = useRef(0);
  const ask = useCallback(() => {
    const asked = ++turn.current;
    desk.call<T>({ path }).then(
      (value) => asked === turn.current && setLoaded({ state: 'ready', value }),
      () => asked === turn.current && setLoaded((before) => ({ ...before, state: 'failed' })),
    );
  }, [desk, path]);
  useEffect(() => {
    ask();
    const timer = every > 0 ? setInterval(ask, every) : undefined;
    return () => {
      turn.current += 1;
      clearInterval(timer);
    };
  }, [ask, every]);
  const again = useCallback(() => {
    ask();
    for (const pause of WRITTEN) setTimeout(ask, pause);
  }, [ask]);
  return { ...loaded, again };
}

/** Does something to a case or a task; true when the center has it. What was done is seen in its place, only refusals are told. */
export function useDeed(): [boolean, (path: string, deed: object) => Promise<boolean>] {
  const desk = useDesk();
  const [busy, setBusy] = useState(false);
  const ids = useSameId();
  const run = async (path: string, deed: object) => {
    setBusy(true);
    const body = { command: ids.of([path, deed]), ...deed };
    try {
      await desk.call({ method: 'POST', path, body });
      ids.done();
      return true;
    } catch (error) {
      desk.tell(reasonOf(error), false);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return [busy, run];
}
