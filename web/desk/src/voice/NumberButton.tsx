import { useDesk, useTexts } from '../view/use.ts';
import { isBusy } from './actions.ts';
import { numberText, usePhone } from './use.ts';

/** A number that a click calls, in a conversation or as one of its own; as a text while there is a call, or when it was withheld. */
export function NumberButton(props: { number: string; queue?: string; conversation?: string }) {
  const { number, queue = '', conversation = '' } = props;
  const { phone } = useDesk();
  const t = useTexts();
  const busy = isBusy(usePhone());
  const text = numberText(t, number);
  if (number === '' || busy) return <span>{text}</span>;
  return (
    <button
      type="button"
      className="link number"
      title={t('dialNumber', { number: text })}
      aria-label={t('dialNumber', { number: text })}
      onClick={() => void phone.dial(number, queue, conversation)}
    >
      {text}
    </button>
  );
}
