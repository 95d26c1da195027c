import { Composition } from '@madoguchi/shared';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';

export interface Choice {
  id: string;
  label: string;
  /** Stands at the right: a key, a shortcut, a state. */
  hint?: string;
  /** A second, quiet line. */
  detail?: string;
}

interface PickerProps {
  label: string;
  search: (query: string) => readonly Choice[];
  onPick: (id: string) => void;
  /** Escape, or the focus went elsewhere. */
  onClose?: () => void;
  /** Shown when nothing fits. */
  empty: ReactNode;
}

/** A search box over a list: arrows choose, Enter takes. Enter of an input method only confirms its conversion. */
export function Picker({ label, search, onPick, onClose, empty }: PickerProps) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const composition = useRef(new Composition()).current;
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = search(query);
  const chosen = Math.min(at, found.length - 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the choice is what moves the list.
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (composition.owns(event.nativeEvent)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) setAt((chosen + step + found.length) % found.length);
    else if (event.key === 'Enter' && found[chosen]) onPick(found[chosen].id);
    else if (event.key === 'Escape' && onClose) onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="picker">
      <input
        className="picker-box"
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded="true"
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={found[chosen] ? `${id} ${chosen}`.replace(' ', '-') : undefined}
        placeholder={label}
        // biome-ignore lint/a11y/noAutofocus: it was asked for by a key, and gives the focus back.
        autoFocus
        data-autofocus
        onKeyDown={onKeyDown}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
      />
      {found.length === 0 && <p className="empty">{empty}</p>}
      <div className="picker-list" role="listbox" id={id} aria-label={label} ref={list}>
        {found.map((choice, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the search box's.
          <div
            key={choice.id}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            className="picker-item"
            onMouseMove={() => setAt(i)}
            onClick={() => onPick(choice.id)}
          >
            <span className="row">
              <span className="clip grow">{choice.label}</span>
              {choice.hint && <span className="tag">{choice.hint}</span>}
            </span>
            {choice.detail && <span className="picker-detail clip">{choice.detail}</span>}
          </div>
        ))}
      </div>
    </div>
  );
}
