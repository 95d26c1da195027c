import type { Request } from '@madoguchi/shared';
import { Button, FileButton, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useDesk, useTexts } from '../../../view/use.ts';
import { AT_ONCE, inParts, type Person, peopleOf } from './campaign.ts';

interface Report {
  added: number;
  known: number;
  /** Lines that are no numbers, or that the center does not call. */
  bad: number[];
}

type Call = <T>(request: Request) => Promise<T>;

/** Sends people in parts; what the center refused comes back as lines. */
async function send(call: Call, id: string, people: readonly Person[]): Promise<Report> {
  const report: Report = { added: 0, known: 0, bad: [] };
  for (const part of inParts(people, AT_ONCE)) {
    const entries = part.map(({ number, name }) => ({ number, name }));
    const path = `/api/v1/campaigns/${encodeURIComponent(id)}/entries`;
    const answer = await call<{ added: number; known: number; refused: number[] }>({
      method: 'POST',
      path,
      body: { entries },
    });
    report.added += answer.added;
    report.known += answer.known;
    report.bad.push(...answer.refused.flatMap((at) => part[at]?.line ?? []));
  }
  return report;
}

/** People from a table that is pasted or chosen as a file. */
export function ImportPeople({ id, added }: { id: string; added: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const [text, setText] = useState('');
  const [report, setReport] = useState<Report | null>(null);
  const [sending, setSending] = useState(false);
  const { people, bad } = peopleOf(text);
  const open = (file: File | null) => {
    if (file) void file.text().then(setText, () => desk.tell('bad_file', false));
  };
  const take = async () => {
    setSending(true);
    try {
      const sent = await send((request) => desk.call(request), id, people);
      setReport({ ...sent, bad: [...bad, ...sent.bad].sort((a, b) => a - b) });
      setText('');
      added();
    } catch {
      desk.tell('internal', false);
    }
    setSending(false);
  };
  return (
    <details className="card">
      <summary>{t('importTitle')}</summary>
      <div className="dialog">
        <Textarea
          label={t('importText')}
          description={t('importHint')}
          autosize
          minRows={3}
          maxRows={10}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {text !== '' && <p className="hint">{t('importCount', { n: people.length, bad: bad.length })}</p>}
        <div className="row end">
          <FileButton onChange={open} accept=".csv,.tsv,.txt,text/csv,text/plain">
            {(props) => (
              <Button variant="default" {...props}>
                {t('importFile')}
              </Button>
            )}
          </FileButton>
          <Button disabled={people.length === 0} loading={sending} onClick={() => void take()}>
            {t('importDo')}
          </Button>
        </div>
        <div role="status">{report && <Told report={report} />}</div>
      </div>
    </details>
  );
}

function Told({ report }: { report: Report }) {
  const t = useTexts();
  return (
    <>
      <p>{t('importDone', { added: report.added, known: report.known })}</p>
      {report.bad.length > 0 && (
        <p className="hint bad">▲ {t('importBad', { lines: report.bad.slice(0, 30).join(', ') })}</p>
      )}
    </>
  );
}
