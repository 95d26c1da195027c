import type { ReactNode, RefObject } from 'react';
import type { Text } from '../texts.ts';
import { useTexts } from '../view/use.ts';

interface GridProps {
  columns: readonly Text[];
  caption?: Text;
  /** Where its lines are. */
  body?: RefObject<HTMLTableSectionElement | null>;
  children: ReactNode;
}

/** A table with a word above each column; `caption` is for who hears it. */
export function Grid({ columns, caption, body, children }: GridProps) {
  const t = useTexts();
  return (
    <table className="grid">
      {caption && <caption className="unseen">{t(caption)}</caption>}
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" key={column}>
              {t(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>{children}</tbody>
    </table>
  );
}
