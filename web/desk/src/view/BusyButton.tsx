import { Button, type ButtonProps } from '@mantine/core';

export interface BusyProps extends ButtonProps {
  busy: boolean;
  onAct: () => void;
  'aria-label'?: string;
}

/** A button that does nothing while what it asked for is under way: it is not disabled, so that the focus stays on it. */
export function BusyButton({ busy, onAct, ...rest }: BusyProps) {
  return (
    <Button
      variant="default"
      aria-busy={busy}
      aria-disabled={busy}
      data-disabled={busy}
      onClick={() => {
        if (!busy) onAct();
      }}
      {...rest}
    />
  );
}
