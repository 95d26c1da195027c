import type { Field } from './Fields.tsx';

const SKILL: Field[] = [
  { path: 'name', label: 'skillName', kind: 'text', required: true },
  { path: 'level', label: 'skillLevel', kind: 'number', min: 1, max: 5, required: true },
];

export const SKILLS: Field = {
  path: 'skills',
  label: 'skills',
  kind: 'rows',
  columns: SKILL,
  fresh: { name: '', level: 1 },
};

type Option = { value: string; label: string };

export const CHANNELS = ['chat', 'voice', 'mail', 'callback', 'task'] as const;

/** What an agent can do, how much at once on each channel, and which channels may come in between. */
export function agentFields(channels: readonly Option[]): Field[] {
  return [
    { path: 'name', label: 'name', kind: 'text', required: true },
    { path: 'unit', label: 'unit', kind: 'text' },
    SKILLS,
    {
      path: 'capacities',
      label: 'capacities',
      kind: 'rows',
      fresh: { channel: 'chat', limit: 1, weight: 0, interrupts: [] },
      columns: [
        { path: 'channel', label: 'channel', kind: 'select', options: channels },
        { path: 'limit', label: 'capLimit', kind: 'number', max: 20, required: true },
        { path: 'weight', label: 'capWeight', kind: 'number', max: 100, required: true },
        { path: 'interrupts', label: 'capInterrupts', kind: 'several', options: channels },
      ],
    },
    { path: 'reserved_for', label: 'reservedFor', kind: 'words' },
  ];
}

/** Steps of priority by customer segment and by reason. */
export function priorityFields(reasons: readonly Option[]): Field[] {
  const step: Field = { path: 'priority', label: 'priorityStep', kind: 'number', max: 9, required: true };
  return [
    {
      path: 'segments',
      label: 'prioritySegments',
      kind: 'rows',
      fresh: { id: '', priority: 1 },
      columns: [{ path: 'id', label: 'segment', kind: 'text', required: true }, step],
    },
    {
      path: 'reasons',
      label: 'priorityReasons',
      kind: 'rows',
      fresh: { id: reasons[0]?.value ?? '', priority: 1 },
      columns: [
        { path: 'id', label: 'contactReason', kind: 'select', options: reasons, required: true },
        step,
      ],
    },
  ];
}

const NONE: Option = { value: '', label: '—' };

/** A queue's rules; the calendars and the other queues are what may be chosen. */
export function queueFields(
  calendars: readonly Option[],
  queues: readonly Option[],
  channels: readonly Option[],
): Field[] {
  const elsewhere = [NONE, ...queues];
  return [
    { path: 'queue', label: 'id', kind: 'text', required: true, fixed: true },
    { path: 'name', label: 'queueNameField', kind: 'text' },
    { path: 'channel', label: 'channel', kind: 'select', options: channels },
    {
      ...SKILLS,
      columns: [
        ...SKILL,
        { path: 'preferred', label: 'skillPreferred', kind: 'check' },
        { path: 'relax_after_ms', label: 'skillRelax', kind: 'seconds' },
      ],
    },
    { path: 'priority', label: 'priority', kind: 'number', max: 9, required: true },
    { path: 'offer_timeout_ms', label: 'offerTimeout', kind: 'seconds', min: 1, required: true },
    { path: 'target_ms', label: 'target', kind: 'seconds' },
    { path: 'calendar', label: 'calendar', kind: 'select', options: [NONE, ...calendars] },
    {
      path: 'overflow',
      label: 'overflow',
      kind: 'rows',
      fresh: { to_queue: '' },
      columns: [
        { path: 'after_ms', label: 'overflowAfter', kind: 'seconds' },
        { path: 'longer_than', label: 'overflowLonger', kind: 'number' },
        { path: 'expected_over_ms', label: 'overflowExpected', kind: 'seconds' },
        { path: 'to_queue', label: 'overflowTo', kind: 'select', options: elsewhere, required: true },
      ],
    },
    { path: 'max_wait_ms', label: 'maxWait', kind: 'seconds' },
    { path: 'after_work_ms', label: 'afterWorkLimit', kind: 'seconds' },
    { path: 'on_limit_queue', label: 'onLimit', kind: 'select', options: elsewhere },
  ];
}

export function calendarFields(days: readonly Option[], holidays: readonly Option[]): Field[] {
  return [
    { path: 'id', label: 'id', kind: 'text', required: true, fixed: true },
    { path: 'name', label: 'calendarName', kind: 'text', required: true },
    { path: 'time_zone', label: 'timeZone', kind: 'text', required: true },
    {
      path: 'week',
      label: 'week',
      kind: 'rows',
      fresh: { day: '1', from: '09:00', to: '18:00' },
      columns: [
        { path: 'day', label: 'weekDay', kind: 'select', options: days },
        { path: 'from', label: 'from', kind: 'time', required: true },
        { path: 'to', label: 'to', kind: 'time', required: true },
      ],
    },
    { path: 'holidays', label: 'holidays', kind: 'select', options: holidays },
    {
      path: 'closed',
      label: 'closedDays',
      kind: 'rows',
      fresh: { date: '' },
      columns: [{ path: 'date', label: 'date', kind: 'date', required: true }],
    },
    {
      path: 'open',
      label: 'openDays',
      kind: 'rows',
      fresh: { date: '', from: '09:00', to: '18:00' },
      columns: [
        { path: 'date', label: 'date', kind: 'date', required: true },
        { path: 'from', label: 'from', kind: 'time', required: true },
        { path: 'to', label: 'to', kind: 'time', required: true },
      ],
    },
  ];
}

export const CANNED_FIELDS: Field[] = [
  { path: 'shortcut', label: 'shortcutField', kind: 'text', required: true },
  { path: 'title.ja', label: 'titleJa', kind: 'text', required: true },
  { path: 'title.en', label: 'titleEn', kind: 'text' },
  { path: 'text', label: 'textField', kind: 'area', required: true },
  { path: 'tags', label: 'tags', kind: 'words' },
  {
    path: 'language',
    label: 'language',
    kind: 'select',
    options: [NONE, { value: 'ja', label: '日本語' }, { value: 'en', label: 'English' }],
  },
];

export function macroFields(steps: readonly Option[]): Field[] {
  return [
    { path: 'title.ja', label: 'titleJa', kind: 'text', required: true },
    { path: 'title.en', label: 'titleEn', kind: 'text' },
    {
      path: 'steps',
      label: 'steps',
      kind: 'rows',
      fresh: { do: 'reply', text: '' },
      columns: [
        { path: 'do', label: 'stepDo', kind: 'select', options: steps },
        { path: 'text', label: 'stepText', kind: 'area' },
        { path: 'tag', label: 'stepTag', kind: 'text' },
        { path: 'queue', label: 'stepQueue', kind: 'text' },
      ],
    },
  ];
}

const NAMED: Field[] = [
  { path: 'id', label: 'id', kind: 'text', required: true, fixed: true },
  { path: 'ja', label: 'nameJa', kind: 'text', required: true },
  { path: 'en', label: 'nameEn', kind: 'text', required: true },
];

export function codeFields(parents: readonly Option[]): Field[] {
  return [...NAMED, { path: 'parent', label: 'parent', kind: 'select', options: [NONE, ...parents] }];
}

export const REASON_FIELDS: Field[] = [
  {
    path: 'reasons',
    label: 'tab_reasons',
    kind: 'rows',
    fresh: { id: '', ja: '', en: '' },
    columns: NAMED.map((field) => ({ ...field, fixed: false })),
  },
];

export function accountFields(roles: readonly Option[]): Field[] {
  return [
    { path: 'login', label: 'login', kind: 'text', required: true, fixed: true },
    { path: 'name', label: 'name', kind: 'text', required: true },
    { path: 'role', label: 'role', kind: 'select', options: roles },
    { path: 'password', label: 'newPassword', kind: 'password' },
    SKILLS,
    { path: 'chat_capacity', label: 'chatCapacity', kind: 'number', max: 20 },
  ];
}

export function themeFields(kinds: readonly Option[], queues: readonly Option[]): Field[] {
  return [
    { path: 'company.ja', label: 'companyJa', kind: 'text' },
    { path: 'company.en', label: 'companyEn', kind: 'text' },
    { path: 'color', label: 'color', kind: 'color' },
    { path: 'welcome.ja', label: 'welcomeJa', kind: 'area' },
    { path: 'welcome.en', label: 'welcomeEn', kind: 'area' },
    {
      path: 'reasons',
      label: 'themeReasons',
      kind: 'rows',
      fresh: { id: '', ja: '', en: '', queue: '' },
      columns: [
        { path: 'id', label: 'id', kind: 'text', required: true },
        { path: 'ja', label: 'nameJa', kind: 'text', required: true },
        { path: 'en', label: 'nameEn', kind: 'text', required: true },
        { path: 'queue', label: 'queue', kind: 'select', options: [NONE, ...queues] },
      ],
    },
    {
      path: 'pre_chat',
      label: 'preChat',
      kind: 'rows',
      fresh: { id: '', label: { ja: '', en: '' }, kind: 'text', required: false },
      columns: [
        { path: 'id', label: 'id', kind: 'text', required: true },
        { path: 'label.ja', label: 'nameJa', kind: 'text', required: true },
        { path: 'label.en', label: 'nameEn', kind: 'text', required: true },
        { path: 'kind', label: 'questionKind', kind: 'select', options: kinds },
        {
          path: 'choices',
          label: 'choices',
          kind: 'rows',
          fresh: { ja: '', en: '' },
          columns: [
            { path: 'ja', label: 'nameJa', kind: 'text', required: true },
            { path: 'en', label: 'nameEn', kind: 'text' },
          ],
        },
        { path: 'required', label: 'required', kind: 'check' },
      ],
    },
  ];
}
