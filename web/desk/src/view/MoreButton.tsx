import { Button, type ButtonProps } from '@mantine/core';
import { type RefObject, useEffect, useRef } from 'react';

interface MoreProps extends Pick<ButtonProps, 'size' | 'children'> {
  busy: boolean;
  onMore: () => void;
  /** What grows. */
  list: RefObject<HTMLOListElement | null>;
}

/** Asks for more of a list. While that comes it stays where it is, so that the focus does too; when nothing is left to ask for, the focus goes to the first line that came. */
export function MoreButton({ busy, onMore, list, ...rest }: MoreProps) {
  const shown = useRef(0);
  useEffect(
    () => () => {
      const line = list.current?.children[shown.current];
      if (!(line instanceof HTMLElement) || document.activeElement !== document.body) return;
      line.tabIndex = -1;
      (line.querySelector('button') ?? line).focus();
    },
    [list],
  );
  return (
    <Button
      variant="default"
      aria-busy={busy}
      aria-disabled={busy}
      data-disabled={busy}
      onClick={() => {
        if (busy) return;
        shown.current = list.current?.children.length ?? 0;
        onMore();
      }}
      {...rest}
    />
  );
}
