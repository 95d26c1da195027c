import { useCallback, useEffect, useRef, useState } from 'react';
import { reasonOf } from '../customer/use.ts';
import { useDesk } from '../view/use.ts';

export interface Run<K extends string> {
  state: 'idle' | 'running' | 'stopped' | 'done';
  /** Sums of what the pages so far told; nothing before the first. */
  told: Record<K, number> | null;
  /** Resolves when it is through, stopped or failed. */
  begin: (path: string, body: object) => Promise<void>;
  stop: () => void;
}

/** Does something for many customers, a page of them at a time, until it is through, stopped, or its page is left: then that is told. `keys`: what is summed up, always the same. */
export function useRun<K extends string>(keys: readonly K[]): Run<K> {
  const desk = useDesk();
  const [told, setTold] = useState<Run<K>['told']>(null);
  const [state, setState] = useState<Run<K>['state']>('idle');
  const going = useRef(false);
  const stop = useCallback(() => {
    going.current = false;
  }, []);
  useEffect(
    () => () => {
      if (going.current) desk.tell('run_left', false);
      stop();
    },
    [desk, stop],
  );
  const begin = async (path: string, body: object) => {
    const sum = Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
    let after = '';
    going.current = true;
    setTold(null);
    setState('running');
    try {
      do {
        const page = await desk.call<Record<K, number> & { next: string }>({
          method: 'POST',
          path,
          body: { ...body, after },
        });
        for (const key of keys) sum[key] += page[key];
        setTold({ ...sum });
        after = page.next;
      } while (after !== '' && going.current);
      setState(after === '' ? 'done' : 'stopped');
    } catch (error) {
      desk.tell(reasonOf(error), false);
      setState('stopped');
    }
    going.current = false;
  };
  return { state, told, begin, stop };
}
