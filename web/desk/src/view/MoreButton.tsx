import type { ButtonProps } from '@mantine/core';
import { type RefObject, useEffect, useRef } from 'react';
import { BusyButton } from './BusyButton.tsx';

interface MoreProps extends Pick<ButtonProps, 'size' | 'children'> {
  busy: boolean;
  onMore: () => void;
  /** What grows: a list, or the body of a table. */
  list: RefObject<HTMLElement | null>;
}

/** Asks for more of a list. While that comes it stays where it is, so that the focus does too; when nothing is left to ask for, the focus goes to the first line that came. */
export function MoreButton({ onMore, list, ...rest }: MoreProps) {
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
  const more = () => {
    shown.current = list.current?.children.length ?? 0;
    onMore();
  };
  return <BusyButton onAct={more} {...rest} />;
}
