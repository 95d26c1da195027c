import { Button, NativeSelect } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { useDesk, useTexts } from '../view/use.ts';
import { type Heard, NOTHING, type Verdict, verdicts, withLook } from './check.ts';
import type { MicrophoneProblem } from './core.ts';
import {
  chosenDevices,
  closeMicrophone,
  type Devices,
  keepDevices,
  type Listed,
  listDevices,
  MicrophoneError,
  openMicrophone,
  soundAt,
} from './devices.ts';
import { ringOnce } from './ringer.ts';

const LOOK_EVERY = 100;
const TONE = { hz: 880, loudness: 0.15, seconds: 0.8 };
const MARKS = { good: '✓', bad: '▲', open: '…' } as const;

/** Microphone, loudspeaker and ring: chosen, tried, and judged in plain words. */
export default function DeviceCheck() {
  const desk = useDesk();
  const t = useTexts();
  const [devices, setDevices] = useState(chosenDevices);
  const { listed, problem, heard, level } = useMicrophone(devices.microphone);
  const [tone, setTone] = useState<boolean | null>(null);
  const choose = (change: Partial<Devices>) => {
    const next = { ...devices, ...change };
    keepDevices(next);
    setDevices(next);
    if (change.speaker !== undefined) setTone(null);
    desk.phone.devicesChanged();
  };
  return (
    <div className="dialog device-check">
      <p className="hint">{t('devicesHint')}</p>
      <Choice
        label="microphone"
        list={listed.microphones}
        value={devices.microphone}
        choose={(microphone) => choose({ microphone })}
      />
      <label className="level">
        {t('micLevel')}
        <meter min={0} max={1} low={0.06} high={0.98} optimum={0.4} value={Math.min(1, level)} />
      </label>
      <div className="device-row">
        <Choice
          label="speaker"
          list={listed.speakers}
          value={devices.speaker}
          choose={(speaker) => choose({ speaker })}
        />
        <Button variant="default" onClick={() => void play(devices.speaker, beep)}>
          {t('testTone')}
        </Button>
      </div>
      <fieldset className="row" aria-label={t('heardIt')}>
        <span>{t('heardIt')}</span>
        <Button
          variant="default"
          size="compact-md"
          aria-pressed={tone === true}
          onClick={() => setTone(true)}
        >
          {t('heardYes')}
        </Button>
        <Button
          variant="default"
          size="compact-md"
          aria-pressed={tone === false}
          onClick={() => setTone(false)}
        >
          {t('heardNo')}
        </Button>
      </fieldset>
      <div className="device-row">
        <Choice
          label="ringer"
          list={listed.speakers}
          value={devices.ringer}
          choose={(ringer) => choose({ ringer })}
        />
        <Button variant="default" onClick={() => void play(devices.ringer, ringOnce)}>
          {t('testRing')}
        </Button>
      </div>
      <Results list={verdicts(problem, heard, tone)} />
    </div>
  );
}

function Results({ list }: { list: readonly Verdict[] }) {
  const t = useTexts();
  return (
    <section className="device-result" aria-label={t('checkResult')}>
      <div role="status">
        <ul>
          {list.map(({ finding, mark }) => (
            <li key={finding} data-mark={mark}>
              <span aria-hidden="true">{MARKS[mark]}</span> {t(finding)}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

interface ChoiceProps {
  label: 'microphone' | 'speaker' | 'ringer';
  list: readonly MediaDeviceInfo[];
  value: string;
  choose: (device: string) => void;
}

function Choice({ label, list, value, choose }: ChoiceProps) {
  const t = useTexts();
  const named = list
    .filter((device) => device.deviceId !== 'default')
    .map((device, i) => ({ value: device.deviceId, label: device.label || t('deviceN', { n: i + 1 }) }));
  const known = named.some((one) => one.value === value);
  return (
    <NativeSelect
      label={t(label)}
      value={known ? value : ''}
      data={[{ value: '', label: t('deviceDefault') }, ...named]}
      onChange={(event) => choose(event.currentTarget.value)}
    />
  );
}

/** Listens to the chosen microphone as long as the page shows it. */
function useMicrophone(chosen: string) {
  const [listed, setListed] = useState<Listed>({ microphones: [], speakers: [] });
  const [problem, setProblem] = useState<MicrophoneProblem | null>(null);
  const [heard, setHeard] = useState<Heard>(NOTHING);
  const [level, setLevel] = useState(0);
  const list = useCallback(() => void listDevices().then(setListed), []);
  useEffect(() => {
    navigator.mediaDevices?.addEventListener('devicechange', list);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', list);
  }, [list]);
  useEffect(() => {
    setHeard(NOTHING);
    setProblem(null);
    const meter = listen(
      chosen,
      (now) => {
        setLevel(now);
        setHeard((before) => withLook(before, now));
      },
      setProblem,
      // Only now does the browser tell the devices' names.
      list,
    );
    return meter;
  }, [chosen, list]);
  return { listed, problem, heard, level };
}

/** Tells the level of a microphone again and again until the returned function is called. */
function listen(
  chosen: string,
  onLevel: (level: number) => void,
  onProblem: (problem: MicrophoneProblem) => void,
  onOpen: () => void,
): () => void {
  let stream: MediaStream | null = null;
  let audio: AudioContext | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let over = false;
  openMicrophone(chosen).then(
    (opened) => {
      if (over) return closeMicrophone(opened);
      stream = opened;
      audio = new AudioContext();
      const analyser = audio.createAnalyser();
      audio.createMediaStreamSource(opened).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        onLevel(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
      }, LOOK_EVERY);
      onOpen();
    },
    (error) => onProblem(error instanceof MicrophoneError ? error.problem : 'microphone_busy'),
  );
  return () => {
    over = true;
    clearInterval(timer);
    closeMicrophone(stream);
    void audio?.close();
  };
}

async function play(device: string, what: (audio: AudioContext) => void): Promise<void> {
  const audio = new AudioContext();
  await soundAt(audio, device);
  what(audio);
  setTimeout(() => void audio.close(), 2_000);
}

function beep(audio: AudioContext): void {
  const tone = audio.createOscillator();
  const gain = audio.createGain();
  tone.frequency.value = TONE.hz;
  gain.gain.value = TONE.loudness;
  tone.connect(gain).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + TONE.seconds);
}
