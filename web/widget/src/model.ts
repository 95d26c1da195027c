import type { Language, Place, Site, Status, Theme, Thread, Upload } from '@madoguchi/shared';
import type { Text } from './texts.ts';

export interface View {
  screen: 'start' | 'thread';
  starting: boolean;
  notice: Text | null;
  thread: Thread | null;
  status: Status | null;
  agentTyping: boolean;
  language: Language;
  unread: number;
  /** The company's look and questions; `null` until they are known. */
  theme: Theme | null;
  /** Where the waiting customer stands; `null` when not waiting or not told. */
  place: Place | null;
  uploads: readonly Upload[];
  /** A link for going on elsewhere. */
  link: 'none' | 'asked' | 'failed' | { url: string };
  /** The customer's rating was sent. */
  rated: boolean;
}

/** What the customer chose and answered before. */
export interface Before {
  name: string;
  text: string;
  /** Code of why they came; empty: none was chosen. */
  reason: string;
  answers: Record<string, string>;
}

export interface SessionSettings {
  /** The site that the page or the script came from. */
  home: Site;
  queue: string;
  language: Language;
}
