import { useLayoutEffect, useState } from 'react';
import { useDesk, useTexts } from '../view/use.ts';

const DIGITS = [...'123456789*0#'];
const NUMBERS = /^[\d*#]$/;

/** Digits for a voice guidance at the other end; the keyboard's own digits work as well. */
export function Keypad({ call }: { call: string }) {
  const { phone } = useDesk();
  const t = useTexts();
  const [sent, setSent] = useState('');
  const press = (digit: string) => {
    phone.press(call, digit);
    setSent((before) => before + digit);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: pressing needs nothing of a later rendering.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
      const digit = event.key.normalize('NFKC');
      if (NUMBERS.test(digit)) press(digit);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [call]);
  return (
    <div className="dialog">
      <div className="keypad">
        {DIGITS.map((digit, i) => (
          <button
            key={digit}
            type="button"
            aria-label={t('keypadKey', { digit })}
            data-autofocus={i === 0 ? true : undefined}
            onClick={() => press(digit)}
          >
            {digit}
          </button>
        ))}
      </div>
      <p className="hint" role="status">
        {sent === '' ? t('keypadHint') : t('keypadSent', { digits: sent })}
      </p>
    </div>
  );
}
