import { ApiError, duration, type Translate } from '@madoguchi/shared';
import { Button, TextInput } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { listOf } from '../../store/office.ts';
import type { Text } from '../../texts.ts';
import { reasonText, useDesk, useTexts } from '../../view/use.ts';
import type { Flow } from './flow.ts';
import {
  type Answer,
  answerName,
  foundAs,
  foundAt,
  nextOf,
  type Piece,
  type Question,
  type TryInput,
  type TryStep,
  type WaitsFor,
} from './try.ts';

/** A made-up caller: keys are pressed, and what is heard stands below. The center's own interpreter plays it. */
export function FlowTry({ flow }: { flow: Flow }) {
  const desk = useDesk();
  const t = useTexts();
  const [inputs, setInputs] = useState<readonly TryInput[]>([]);
  const [steps, setSteps] = useState<readonly TryStep[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const text = JSON.stringify(flow);
  const run = useCallback(
    async (all: readonly TryInput[]) => {
      const body = { flow: JSON.parse(text) as Flow, inputs: all };
      try {
        setSteps(listOf<TryStep>(await desk.call({ method: 'POST', path: '/api/v1/flows/try', body })));
        setProblem(null);
      } catch (error) {
        setProblem(error instanceof ApiError ? error.reason : 'internal');
      }
    },
    [desk, text],
  );
  useEffect(() => void run(inputs), [run, inputs]);
  const last = steps.at(-1);
  return (
    <section className="flow-try" aria-label={t('tryTitle')}>
      {problem !== null && <p role="alert">{t('refused', { what: reasonText(t, problem) })}</p>}
      <ol className="heard" aria-label={t('tryHeard')}>
        {steps.map((step, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps only grow.
          <Step key={i} step={step} t={t} />
        ))}
      </ol>
      {last && (
        <>
          <p role="status">{waitText(t, last.waits_for)}</p>
          <Doing
            waits={last.waits_for}
            known={foundAt(flow, last.nodes.at(-1))}
            put={(input) => setInputs([...inputs, input])}
          />
        </>
      )}
      <Button
        size="compact-md"
        variant="default"
        disabled={inputs.length === 0}
        onClick={() => setInputs([])}
      >
        {t('tryAgain')}
      </Button>
    </section>
  );
}

function Step({ step, t }: { step: TryStep; t: Translate<Text> }) {
  const variables = Object.entries(step.variables).filter(
    ([name]) => name !== 'caller' && name !== 'dialled',
  );
  return (
    <li>
      <p>
        <span className="timer">{duration(step.at_ms)}</span> <strong>{inputText(t, step.input)}</strong>{' '}
        <span className="hint">{step.nodes.join(' → ')}</span>
      </p>
      {step.heard.length === 0 && <p className="hint">{t('tryNothingHeard')}</p>}
      {step.heard.map((piece, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what was heard never changes.
        <p key={i} className="bubble" lang={piece.language}>
          {pieceText(t, piece)}
        </p>
      ))}
      {variables.length > 0 && (
        <p className="hint">
          {t('tryVariables')}: {variables.map(([name, value]) => `${name} = ${value}`).join(t('comma'))}
        </p>
      )}
    </li>
  );
}

const pieceText = (t: Translate<Text>, piece: Piece) =>
  piece.file ? t('tryFile', { file: piece.file }) : (piece.text ?? '');

/** An answer, and what was found when that is more than somebody. */
const answerText = (t: Translate<Text>, answer: Answer) =>
  `${t(`try_${answerName(answer)}`)} ${foundAs(answer)}`.trim();

function inputText(t: Translate<Text>, input: TryInput | null): string {
  if (input === null) return t('tryBegins');
  if (input === 'silence') return t('tryWaited');
  if ('digits' in input) return t('tryPressed', { digits: input.digits });
  if ('early_digits' in input) return t('tryPressed', { digits: input.early_digits });
  if ('place' in input) return t('tryPlace', { n: input.place.place });
  return t('tryAnswered', { answer: answerText(t, input.answer) });
}

function questionText(t: Translate<Text>, question: Question): string {
  if (question.about === 'hours') return t('tryHours', { calendar: question.calendar ?? '' });
  if (question.about === 'lookup') return t('tryLookup', { by: question.by ?? '' });
  return t('tryService', { service: question.service ?? '' });
}

function waitText(t: Translate<Text>, waits: WaitsFor): string {
  if (waits === 'digits' || waits === 'message') return t(`tryWaits_${waits}`);
  if ('agent' in waits) return t('tryWaits_agent', { queue: waits.agent.queue });
  if ('nothing' in waits) return t('tryWaits_nothing');
  if ('transfer' in waits) return t('tryAnswer', { what: t('tryTransferTo', { number: waits.transfer }) });
  return t('tryAnswer', { what: questionText(t, waits.answer) });
}

/** What may happen next: keys of the caller, answers of the center. */
interface DoingProps {
  waits: WaitsFor;
  known: readonly Record<string, string>[];
  put: (input: TryInput) => void;
}

function Doing({ waits, known, put }: DoingProps) {
  const t = useTexts();
  const [digits, setDigits] = useState('');
  const { keys, answers, place } = nextOf(waits, known);
  return (
    <div className="row try-next">
      {keys && (
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            const pressed = digits.normalize('NFKC').replace(/[^\d*#]/g, '');
            if (pressed !== '') put({ digits: pressed });
            setDigits('');
          }}
        >
          <TextInput
            aria-label={t('tryDigits')}
            placeholder={t('tryDigits')}
            inputMode="numeric"
            value={digits}
            onChange={(event) => setDigits(event.currentTarget.value)}
          />
          <Button type="submit">{t('trySend')}</Button>
        </form>
      )}
      {keys && (
        <Button variant="default" onClick={() => put('silence')}>
          {t('trySilence')}
        </Button>
      )}
      {place && (
        <Button variant="default" onClick={() => put({ place: { place: 2, wait_ms: 90_000 } })}>
          {t('tryPlace', { n: 2 })}
        </Button>
      )}
      {answers.map((answer) => (
        <Button key={JSON.stringify(answer)} variant="default" onClick={() => put({ answer })}>
          {answerText(t, answer)}
        </Button>
      ))}
    </div>
  );
}
