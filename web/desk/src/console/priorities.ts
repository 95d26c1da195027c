/** Priorities as the center has them. */
export interface Priorities {
  segments?: Record<string, number>;
  reasons?: Record<string, number>;
}

interface Step {
  id: string;
  priority: number;
}

/** The same in rows, as the form has it. */
export interface PriorityRows {
  segments: Step[];
  reasons: Step[];
}

const rows = (map: Record<string, number> = {}): Step[] =>
  Object.entries(map).map(([id, priority]) => ({ id, priority }));

const map = (steps: readonly Step[]): Record<string, number> =>
  Object.fromEntries(
    steps.filter(({ id }) => id.trim() !== '').map(({ id, priority }) => [id.trim(), priority]),
  );

export const rowsOf = ({ segments, reasons }: Priorities): PriorityRows => ({
  segments: rows(segments),
  reasons: rows(reasons),
});

export const prioritiesOf = ({ segments, reasons }: PriorityRows): Required<Priorities> => ({
  segments: map(segments),
  reasons: map(reasons),
});

type Option = { value: string; label: string };

/** The reasons that may be chosen: those of the customers' page, and those that have a step already. */
export function reasonOptions(known: readonly Option[], { reasons }: Priorities): Option[] {
  const others = Object.keys(reasons ?? {}).filter((id) => !known.some((one) => one.value === id));
  return [...known, ...others.map((id) => ({ value: id, label: id }))];
}
