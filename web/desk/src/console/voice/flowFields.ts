import type { Text } from '../../texts.ts';
import type { Field } from '../Fields.tsx';
import type { Kind } from './flow.ts';

type Option = { value: string; label: string };

/** What a node may refer to. */
export interface Known {
  nodes: readonly Option[];
  queues: readonly Option[];
  calendars: readonly Option[];
  languages: readonly Option[];
  says: readonly Option[];
  lookups: readonly Option[];
}

const NONE: Option = { value: '', label: '—' };

const text = (path: string, label: Text, required = false): Field => ({
  path,
  label,
  kind: 'text',
  required,
});
const seconds = (path: string, label: Text): Field => ({ path, label, kind: 'seconds' });
const select = (path: string, label: Text, options: readonly Option[], required = true): Field => ({
  path,
  label,
  kind: 'select',
  options: [NONE, ...options],
  required,
});

const prompt = (path: string, withFiles = true): Field[] => [
  { path: `${path}.ja.text`, label: 'fSoundJa', kind: 'area' },
  { path: `${path}.en.text`, label: 'fSoundEn', kind: 'area' },
  ...(withFiles ? [text(`${path}.ja.file`, 'fFileJa'), text(`${path}.en.file`, 'fFileEn')] : []),
];
const THANKS: Field[] = [
  { path: 'thanks.ja.text', label: 'fThanksJa', kind: 'area' },
  { path: 'thanks.en.text', label: 'fThanksEn', kind: 'area' },
];
const RETRIES: Field = { path: 'retries', label: 'fRetries', kind: 'number', max: 9 };

/** The form of a kind of node. */
export function nodeFields(kind: Kind, known: Known): Field[] {
  const to = (path: string, label: Text, required = true) => select(path, label, known.nodes, required);
  switch (kind) {
    case 'play':
      return [
        ...prompt('sound'),
        { path: 'interruptible', label: 'fInterruptible', kind: 'check' },
        to('then', 'fThen'),
      ];
    case 'menu':
      return menuFields(to, known);
    case 'collect':
      return collectFields(to);
    case 'queue':
      return queueFields(to, known);
    case 'say':
      return [
        select('what', 'fSayWhat', known.says),
        text('from.variable', 'fFromVariable'),
        text('from.fixed', 'fFromFixed'),
        to('then', 'fThen'),
      ];
    case 'hours':
      return [select('calendar', 'calendar', known.calendars), to('open', 'fOpen'), to('closed', 'fClosed')];
    case 'lookup':
      return lookupFields(to, known);
    case 'ask':
      return askFields(to);
    case 'branch':
      return branchFields(to, known);
    case 'set':
      return [text('into', 'fInto', true), text('value', 'fValue', true), to('then', 'fThen')];
    case 'language':
      return [select('language', 'flowLanguage', known.languages), to('then', 'fThen')];
    case 'callback':
      return callbackFields(to, known);
    case 'voicemail':
      return VOICEMAIL;
    case 'transfer':
      return [
        text('number', 'numberField', true),
        seconds('ring_ms', 'fRing'),
        to('on_fail', 'fOnFail', false),
      ];
    case 'bot':
      return [text('name', 'fBotName', true), to('then', 'fThen'), to('on_fail', 'fOnFail')];
    case 'hangup':
      return prompt('sound');
  }
}

type To = (path: string, label: Text, required?: boolean) => Field;

function menuFields(to: To, known: Known): Field[] {
  return [
    ...prompt('prompt'),
    {
      path: 'choices',
      label: 'fChoices',
      kind: 'rows',
      fresh: { digit: '', to: '' },
      columns: [
        select(
          'digit',
          'fDigit',
          [...'1234567890*#'].map((digit) => ({ value: digit, label: digit })),
        ),
        select('to', 'fTo', known.nodes),
      ],
    },
    RETRIES,
    seconds('wait_ms', 'fWait'),
    to('on_none', 'fOnNone'),
    to('on_wrong', 'fOnWrong'),
    text('into', 'fInto'),
  ];
}

const lookupFields = (to: To, known: Known): Field[] => [
  select('what', 'fWhat', known.lookups),
  text('by', 'fBy', true),
  text('into', 'fInto', true),
  to('found', 'fFound'),
  to('missing', 'fMissing'),
];

const askFields = (to: To): Field[] => [
  text('service', 'fService', true),
  { path: 'input', label: 'fInput', kind: 'words' },
  text('into', 'fInto', true),
  seconds('timeout_ms', 'fTimeout'),
  to('then', 'fThen'),
  to('on_fail', 'fOnFail'),
];

const branchFields = (to: To, known: Known): Field[] => [
  text('on', 'fOn', true),
  {
    path: 'cases',
    label: 'fCases',
    kind: 'rows',
    fresh: { is: '', then: '' },
    columns: [text('is', 'fIs', true), select('then', 'fTo', known.nodes)],
  },
  to('else', 'fElse'),
];

const callbackFields = (to: To, known: Known): Field[] => [
  select('queue', 'queue', known.queues),
  text('number', 'fNumberVariable', true),
  text('reason', 'fReason'),
  ...THANKS,
  to('on_fail', 'fOnFail', false),
];

const VOICEMAIL: Field[] = [
  ...prompt('greeting'),
  { path: 'max_s', label: 'fMaxSeconds', kind: 'number', min: 5, max: 600, required: true },
  text('mailbox', 'fMailbox', true),
  ...THANKS,
];

const collectFields = (to: To): Field[] => [
  ...prompt('prompt'),
  { path: 'min', label: 'fMin', kind: 'number', min: 1, max: 32, required: true },
  { path: 'max', label: 'fMax', kind: 'number', min: 1, max: 32, required: true },
  text('terminator', 'fTerminator'),
  { path: 'confirm', label: 'fConfirm', kind: 'check' },
  RETRIES,
  seconds('wait_ms', 'fWait'),
  text('into', 'fInto', true),
  to('then', 'fThen'),
  to('on_fail', 'fOnFail'),
];

const queueFields = (to: To, known: Known): Field[] => [
  select('queue', 'queue', known.queues),
  text('reason', 'fReason'),
  { path: 'priority', label: 'fPriority', kind: 'number', max: 9 },
  { path: 'comfort', label: 'fComfort', kind: 'rows', fresh: {}, columns: prompt('', false).map(fromRoot) },
  seconds('every_ms', 'fEvery'),
  { path: 'say_place', label: 'fSayPlace', kind: 'check' },
  seconds('offer_callback_after_ms', 'fOfferCallback'),
  to('callback', 'fCallbackTo', false),
  seconds('leave_after_ms', 'fLeaveAfter'),
  to('leave_to', 'fLeaveTo', false),
];

/** A row of prompts is the prompt itself. */
const fromRoot = (field: Field): Field => ({ ...field, path: field.path.slice(1) });
