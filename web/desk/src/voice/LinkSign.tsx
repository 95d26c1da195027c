import { Tooltip } from '@mantine/core';
import { useTexts, useView } from '../view/use.ts';
import { presentCall } from './actions.ts';
import { legOf } from './calls.ts';
import { type Grade, gradeOf, worse } from './quality.ts';
import { usePhone } from './use.ts';

const BARS: Record<Grade, number> = { good: 3, fair: 2, poor: 1 };

/** How the sound gets through: bars and a word, the figures on demand. */
export function LinkSign() {
  const { account } = useView();
  const t = useTexts();
  const view = usePhone();
  const call = presentCall(view);
  const quality = worse(view.quality ?? undefined, call && legOf(call, account?.id ?? '')?.quality);
  if (view.phone.phase !== 'connected') return null;
  if (!quality) return <span className="call-link hint">{t('linkUnknown')}</span>;
  const grade = gradeOf(quality);
  const detail = t('linkDetail', {
    loss: quality.loss_permille / 10,
    jitter: quality.jitter_ms,
    rtt: quality.rtt_ms,
  });
  return (
    <Tooltip label={detail}>
      <span className="call-link" data-grade={grade}>
        <span className="call-bars" aria-hidden="true">
          {[1, 2, 3].map((bar) => (
            <span key={bar} data-on={bar <= BARS[grade]} />
          ))}
        </span>
        {t(`link_${grade}`)}
        <span className="unseen">{detail}</span>
      </span>
    </Tooltip>
  );
}
