import { Composition, sends, type Thread } from '@madoguchi/shared';
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type RefObject,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { asksForCanned, type Canned, fill, openVariables } from '../core/canned.ts';
import { type Colleague, handle, matching, mentioned, mentionQuery } from '../core/mentions.ts';
import { memory } from '../store/memory.ts';
import { maySay, sendKeyOf, valuesOf } from '../store/view.ts';
import { insertText, setText } from './setText.ts';
import { type Mode, useUi } from './ui.ts';
import { useDesk, useView } from './use.ts';

type Box = RefObject<HTMLTextAreaElement | null>;

/** Colleagues that are offered while a note names somebody. */
export interface Suggesting {
  query: string;
  people: readonly Colleague[];
  at: number;
}

function useSuggestions(box: Box) {
  const { office } = useView();
  const [people, setPeople] = useState<Suggesting | null>(null);
  const look = (before: string) => {
    const query = mentionQuery(before);
    const found = query === null ? [] : matching(office.agents.list, query);
    setPeople(query === null || found.length === 0 ? null : { query, people: found, at: 0 });
  };
  const call = (colleague: Colleague) => {
    if (box.current) insertText(box.current, `${handle(colleague)} `, people?.query.length ?? 0);
    setPeople(null);
  };
  /** Arrows, Enter, Tab and Escape belong to the list while it stands. */
  const takes = (event: KeyboardEvent): boolean => {
    if (!people || event.ctrlKey || event.metaKey) return false;
    const { length } = people.people;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = people.people[people.at];
    if (step !== undefined) setPeople({ ...people, at: (people.at + step + length) % length });
    else if (event.key === 'Escape') setPeople(null);
    else if ((event.key === 'Enter' || event.key === 'Tab') && chosen) call(chosen);
    else return false;
    return true;
  };
  return { people, look, call, takes };
}

/** The ready-made replies: asked for by a key or by what is typed, put in with their variables filled. */
function useCanned(thread: Thread, box: Box, setOpen: (open: string[]) => void) {
  const view = useView();
  const ui = useUi();
  const [strip, setStrip] = useState(0);
  const shut = () => {
    ui.open(null);
    setStrip(0);
    box.current?.focus();
  };
  const insert = (canned: Canned) => {
    const filled = fill(canned.text, valuesOf(view, thread));
    ui.open(null);
    setStrip(0);
    setOpen(openVariables(filled));
    if (box.current) insertText(box.current, filled, strip);
  };
  const look = (before: string) => {
    const asked = asksForCanned(before);
    if (asked === 0) return;
    setStrip(asked);
    ui.open('canned');
  };
  return { shut, insert, look };
}

/** What a text box does: drafts, sending, calling colleagues, ready-made replies, pasted files. */
export function useWriting(thread: Thread, box: Box, mode: Mode) {
  const desk = useDesk();
  const view = useView();
  const composition = useRef(new Composition()).current;
  const [open, setOpen] = useState<string[]>([]);
  const [whisper, setWhisper] = useState(false);
  const { people, call, ...suggestions } = useSuggestions(box);
  const { shut, insert, ...canned } = useCanned(thread, box, setOpen);
  const { conversation } = thread;
  const note = mode === 'note';
  const enabled = note || maySay(view, thread);
  useLayoutEffect(() => {
    if (enabled) box.current?.focus({ preventScroll: true });
  }, [enabled, box]);
  const submit = (anyway: boolean) => {
    const area = box.current;
    const text = area?.value.trim() ?? '';
    if (!area || text === '' || !enabled) return;
    const missing = note || anyway ? [] : openVariables(text);
    setOpen(missing);
    if (missing.length > 0) return;
    if (note) desk.note(conversation, text, mentioned(text, view.office.agents.list), whisper);
    else desk.post(conversation, text);
    setText(area, '');
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (composition.owns(event.nativeEvent)) return;
    if (suggestions.takes(event)) return event.preventDefault();
    if (event.key === 'Escape') return event.currentTarget.blur();
    if (!sends(event.nativeEvent, composition, sendKeyOf(view.preferences))) return;
    event.preventDefault();
    submit(false);
  };
  const onInput = (area: HTMLTextAreaElement) => {
    memory.keepDraft(view.account?.id ?? '', conversation, area.value, mode);
    const before = area.value.slice(0, area.selectionStart);
    if (note) return suggestions.look(before);
    if (area.value !== '') desk.typing(conversation);
    if (open.length > 0) setOpen(openVariables(area.value));
    canned.look(before);
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (note || files.length === 0) return;
    event.preventDefault();
    void desk.uploads.add(conversation, files);
  };
  return {
    composition,
    enabled,
    open,
    whisper,
    setWhisper,
    people,
    call,
    shut,
    insert,
    submit,
    onKeyDown,
    onInput,
    onPaste,
  };
}
