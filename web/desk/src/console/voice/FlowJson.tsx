import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../../view/use.ts';
import { type Flow, parseFlow } from './flow.ts';

/** The flow as a text, for those who copy, compare and paste. */
export function FlowJson({ flow, change }: { flow: Flow; change: (flow: Flow) => void }) {
  const t = useTexts();
  const [text, setText] = useState(() => JSON.stringify(flow, null, 2));
  const parsed = parseFlow(text);
  const problem =
    parsed === 'shape'
      ? t('flowJsonShape')
      : 'error' in parsed
        ? t('flowJsonBad', { error: parsed.error })
        : null;
  return (
    <form
      className="flow-json"
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed !== 'shape' && !('error' in parsed)) change({ ...parsed, id: flow.id });
      }}
    >
      <Textarea
        label={t('flowJson')}
        autosize
        minRows={12}
        maxRows={30}
        spellCheck={false}
        value={text}
        error={problem}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className="row end">
        <Button type="submit" variant="default" disabled={problem !== null}>
          {t('flowJsonApply')}
        </Button>
      </div>
    </form>
  );
}
