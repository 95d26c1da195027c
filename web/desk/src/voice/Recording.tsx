import { clock, duration } from '@madoguchi/shared';
import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { isMissing } from '../store/office.ts';
import type { Text } from '../texts.ts';
import { NotYet } from '../view/NotYet.tsx';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { HoldIcon, PlayIcon } from './icons.tsx';
import { Player, type Voices } from './player.ts';
import { Waveform } from './Waveform.tsx';
import { readWav, type Wav } from './wav.ts';

/** A recording may take so long, in ms, to come. */
const PATIENCE = 60_000;
const LOOK_EVERY = 200;
/** From this number on a part is what the caller left as a message. */
const LEFT = 1_000;

interface Part {
  part: number;
  started: number;
  length_ms: number;
  complete: boolean;
}

type Parts = readonly Part[] | 'loading' | 'missing' | 'failed';

/** The parts of a call's recording, asked for again as the call changes. */
function useParts(path: string, version: string): [Parts, () => void] {
  const desk = useDesk();
  const [parts, setParts] = useState<Parts>('loading');
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is recorded changes with the call; a new round is what asks again.
  useEffect(() => {
    let over = false;
    desk.call<{ parts: Part[] }>({ path }).then(
      (answer) => !over && setParts(answer.parts),
      (error) => {
        // What was told before stays: somebody may be listening to it.
        const why = isMissing(error) ? 'missing' : 'failed';
        if (!over) setParts((before) => (typeof before === 'string' ? why : before));
      },
    );
    return () => {
      over = true;
    };
  }, [desk, path, version, round]);
  return [parts, () => setRound((n) => n + 1)];
}

/** The recordings of a call; when there are none `empty`, or nothing. */
export function Recordings({ call, version, empty }: { call: string; version: string; empty?: Text }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const path = `/api/v1/calls/${encodeURIComponent(call)}/recording`;
  const [parts, again] = useParts(path, version);
  const nameOf = ({ part }: Part, time: string) =>
    part >= LEFT ? t('recordingLeft', { time }) : t('recordingPart', { n: part + 1, time });
  if (parts === 'failed') return <NotYet state="failed" again={again} />;
  if (typeof parts === 'string')
    return empty ? <p className="empty">{t(parts === 'loading' ? 'loading' : 'notHere')}</p> : null;
  if (parts.length === 0) return empty ? <p className="empty">{t(empty)}</p> : null;
  return (
    <section className="recordings" aria-label={t('recordings')}>
      <h2>{t('recordings')}</h2>
      {parts.map((part) => (
        <Sound
          key={`${part.part} ${part.complete}`}
          path={`${path}/${part.part}.wav`}
          name={nameOf(part, clock(part.started, language))}
          lengthMs={part.length_ms}
          grows={!part.complete}
        />
      ))}
    </section>
  );
}

interface SoundProps {
  path: string;
  name: string;
  lengthMs: number;
  grows?: boolean;
}

/** A sound that is fetched when somebody wants to hear it. */
export function Sound({ path, name, lengthMs, grows = false }: SoundProps) {
  const desk = useDesk();
  const t = useTexts();
  const [wav, setWav] = useState<Wav | 'none' | 'loading' | 'failed'>('none');
  const load = async () => {
    setWav('loading');
    try {
      const blob = await desk.blob({ path, patience: PATIENCE });
      setWav(readWav(await blob.arrayBuffer()) ?? 'failed');
    } catch {
      setWav('failed');
    }
  };
  return (
    <div className="recording">
      <p className="row">
        <span className="grow">
          {name} <span className="hint">{duration(lengthMs)}</span>{' '}
          {grows && <span className="tag">{t('recordingGrows')}</span>}
        </span>
        {typeof wav === 'string' && (
          <Button
            size="compact-sm"
            variant="default"
            loading={wav === 'loading'}
            aria-label={`${t('recordingLoad')}: ${name}`}
            onClick={() => void load()}
          >
            {t('recordingLoad')}
          </Button>
        )}
      </p>
      {wav === 'failed' && (
        <p className="hint" role="alert">
          {t('recordingFailed')}
        </p>
      )}
      {typeof wav !== 'string' && <Playing wav={wav} />}
    </div>
  );
}

function usePlayer(wav: Wav) {
  const player = useRef<Player | null>(null);
  const [state, setState] = useState({ at: 0, plays: false });
  useEffect(() => {
    const made = new Player(wav, () => look());
    const look = () => setState({ at: made.position, plays: made.plays });
    player.current = made;
    void made.play().then(look, look);
    const timer = setInterval(() => made.plays && look(), LOOK_EVERY);
    return () => {
      clearInterval(timer);
      made.close();
    };
  }, [wav]);
  const act = (what: (made: Player) => void) => {
    const made = player.current;
    if (!made) return;
    what(made);
    setState({ at: made.position, plays: made.plays });
  };
  return { ...state, act };
}

function Playing({ wav }: { wav: Wav }) {
  const t = useTexts();
  const { at, plays, act } = usePlayer(wav);
  const [voices, setVoices] = useState<Voices>('both');
  const length = wav.length / wav.rate;
  return (
    <div className="playing">
      <Waveform wav={wav} at={at} length={length} seek={(to) => act((player) => player.seek(to))} />
      <div className="row">
        <Button
          size="compact-sm"
          variant="default"
          leftSection={plays ? <HoldIcon /> : <PlayIcon />}
          onClick={() => act((player) => (player.plays ? player.pause() : void player.play()))}
        >
          {t(plays ? 'pausePlay' : 'play')}
        </Button>
        <span className="timer">
          {t('playAt', { at: duration(at * 1_000), length: duration(length * 1_000) })}
        </span>
        <span className="grow" />
        {wav.channels === 2 && (
          <NativeSelect
            size="xs"
            aria-label={t('playWho')}
            value={voices}
            data={[
              { value: 'both', label: t('playBoth') },
              { value: 'customer', label: t('playCustomer') },
              { value: 'others', label: t('playOthers') },
            ]}
            onChange={(event) => {
              const chosen = event.currentTarget.value as Voices;
              setVoices(chosen);
              act((player) => player.choose(chosen));
            }}
          />
        )}
      </div>
    </div>
  );
}
