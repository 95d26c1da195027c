import { useState } from 'react';
import { reasonOf, useSameId } from '../customer/use.ts';
import { useDesk } from '../view/use.ts';
import { isOver } from './core.ts';
import type { Command, Deed } from './types.ts';
import type { Shopping } from './useOrders.ts';

/** What a command is about. */
export interface About {
  order?: string;
  shop?: string;
  customer?: string;
  conversation?: string;
}

export interface Asking {
  /** It goes to the center, or the shop has not answered: nothing is asked beside it. */
  busy: boolean;
  /** The center's reason why it was not asked; empty: none. */
  problem: string;
  /** What was asked last, as it stands now. */
  command: Command | null;
  /** Asks the shop; true when the center has it. The same content after a lost answer is the same command. */
  send: (about: About, deed: Deed) => Promise<boolean>;
}

export function useAsking({ commands, keep }: Shopping): Asking {
  const desk = useDesk();
  const ids = useSameId();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState('');
  const [asked, setAsked] = useState('');
  const command = commands.find((one) => one.id === asked) ?? null;
  const send = async (about: About, deed: Deed) => {
    setSending(true);
    setProblem('');
    const content = { ...about, do: deed };
    const body = { id: ids.of(content), ...content };
    try {
      const told = await desk.call<Command>({ method: 'POST', path: '/api/v1/shop-commands', body });
      ids.done();
      setAsked(told.id);
      keep(told);
      return true;
    } catch (error) {
      setProblem(reasonOf(error));
      return false;
    } finally {
      setSending(false);
    }
  };
  return { busy: sending || (command !== null && !isOver(command)), problem, command, send };
}
