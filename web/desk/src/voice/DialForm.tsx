import { Composition, dialable } from '@madoguchi/shared';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { isBusy } from './actions.ts';
import { usePhone } from './use.ts';

/** Where a number is typed and called. */
export function DialForm() {
  const desk = useDesk();
  const { office } = useView();
  const { open } = useUi();
  const t = useTexts();
  const busy = isBusy(usePhone());
  const composition = useRef(new Composition()).current;
  const [text, setText] = useState('');
  const [queue, setQueue] = useState('');
  const [dialling, setDialling] = useState(false);
  const number = dialable(text);
  const call = async () => {
    if (number === null) return;
    setDialling(true);
    if (await desk.phone.dial(number, queue)) open(null);
    setDialling(false);
  };
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void call();
      }}
    >
      <TextInput
        label={t('dialTo')}
        description={t('transferNumberHint')}
        data-autofocus
        type="tel"
        autoComplete="off"
        value={text}
        error={text.length > 5 && number === null ? t('transferNumberBad') : undefined}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && composition.owns(event.nativeEvent)) event.preventDefault();
        }}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('dialQueue')}
        value={queue}
        data={[
          { value: '', label: t('dialAny') },
          ...office.queues.list.map((q) => ({ value: q.queue, label: q.name || q.queue })),
        ]}
        onChange={(event) => setQueue(event.currentTarget.value)}
      />
      {busy && <p className="hint">{t('dialOnCall')}</p>}
      <div className="row end">
        <Button variant="default" onClick={() => open(null)}>
          {t('cancel')}
        </Button>
        <Button type="submit" disabled={number === null || busy} loading={dialling}>
          {t('dialDo')}
        </Button>
      </div>
    </form>
  );
}
