import type { Text } from '../texts.ts';
import type { Field } from './Fields.tsx';
import { FIGURES, WORDS } from './segments.ts';

type Option = { value: string; label: string };

const NAMES = (path: string, ja: Text, en: Text): Field[] => [
  { path: `${path}.ja`, label: ja, kind: 'text', required: true },
  { path: `${path}.en`, label: en, kind: 'text', required: true },
];

/** A segment: conditions in rows, and the whole rule for who needs more than rows can say. */
export function segmentFields(t: (key: Text) => string): Field[] {
  const whats = [
    ...FIGURES.map((one) => ({ value: one, label: t(`figure_${one}`) })),
    ...WORDS.map((one) => ({ value: one, label: t(`word_${one}`) })),
  ];
  const holds = [
    { value: 'yes', label: t('holdsYes') },
    { value: 'no', label: t('holdsNo') },
  ];
  return [
    { path: 'segment', label: 'segmentId', kind: 'text', required: true, fixed: true },
    ...NAMES('name', 'nameJa', 'nameEn'),
    { path: 'place', label: 'segmentPlace', kind: 'number', min: 1, max: 50, required: true },
    {
      path: 'conditions',
      label: 'segmentAll',
      kind: 'rows',
      fresh: { what: 'orders', holds: 'yes', value: '' },
      columns: [
        { path: 'what', label: 'segmentWhat', kind: 'select', options: whats },
        { path: 'holds', label: 'segmentHolds', kind: 'select', options: holds },
        { path: 'value', label: 'segmentValue', kind: 'text', required: true },
      ],
    },
    { path: 'rule', label: 'segmentRule', kind: 'area' },
  ];
}

export function offerFields(t: (key: Text) => string, segments: readonly Option[]): Field[] {
  return [
    { path: 'offer', label: 'segmentId', kind: 'text', required: true, fixed: true },
    ...NAMES('title', 'offerTitleJa', 'offerTitleEn'),
    {
      path: 'segment',
      label: 'offerFor',
      kind: 'select',
      options: [{ value: '', label: t('offerEverybody') }, ...segments],
    },
    { path: 'rest_days', label: 'offerRests', kind: 'number', min: 1, max: 3650, required: true },
    { path: 'until', label: 'offerUntil', kind: 'date' },
  ];
}
