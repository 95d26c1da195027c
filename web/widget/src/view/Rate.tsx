import { useState } from 'preact/hooks';
import type { StartProps } from './StartForm.tsx';

const SCORES = [1, 2, 3, 4, 5] as const;

/** How it was, once it has ended. Nobody has to answer. */
export function RateForm({ session, view, t }: StartProps) {
  const { thread, rated } = view;
  const [score, setScore] = useState(0);
  const [comment, setComment] = useState('');
  if (!thread?.closed) return null;
  if (rated || thread.rating !== null)
    return (
      <p class="notice" role="status">
        {t('rateThanks')}
      </p>
    );
  return (
    <form
      class="notice"
      onSubmit={(event) => {
        event.preventDefault();
        if (score > 0) session.rate(score, comment.trim());
      }}
    >
      <fieldset>
        <legend>{t('rateAsk')}</legend>
        <div class="scores">
          {SCORES.map((n) => (
            <label key={n}>
              <input type="radio" name="score" value={n} checked={score === n} onChange={() => setScore(n)} />
              {t(`rate${n}`)}
            </label>
          ))}
        </div>
      </fieldset>
      {score > 0 && (
        <>
          <input
            type="text"
            aria-label={t('rateComment')}
            placeholder={t('rateComment')}
            maxLength={1_000}
            value={comment}
            onInput={(event) => setComment(event.currentTarget.value)}
            onKeyDown={(event) => {
              // An Enter that confirms a conversion sends nothing.
              if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229))
                event.preventDefault();
            }}
          />
          <div class="row">
            <span class="grow" />
            <button type="submit" class="second">
              {t('rateSend')}
            </button>
          </div>
        </>
      )}
    </form>
  );
}
