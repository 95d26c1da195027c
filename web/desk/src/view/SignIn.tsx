import type { Translate } from '@madoguchi/shared';
import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { useRef } from 'react';
import type { Text } from '../texts.ts';
import { ChatIcon } from './icons.tsx';
import { LanguageButton, ThemeButton } from './Preferences.tsx';
import { useDesk, useTexts, useView } from './use.ts';

function problemText(t: Translate<Text>, reason: string): string {
  switch (reason) {
    case 'wrong_credentials':
      return t('wrongCredentials');
    case 'too_many_attempts':
      return t('tooManyAttempts');
    case 'unreachable':
      return t('unreachable');
    case 'session_over':
      return t('sessionOver');
    case 'not_agent':
      return t('notAgent');
    default:
      return t('signInFailed', { reason });
  }
}

export function SignIn() {
  const desk = useDesk();
  const { signingIn, signInProblem } = useView();
  const t = useTexts();
  const login = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void desk.signIn(login.current?.value.trim() ?? '', password.current?.value ?? '');
        }}
      >
        <p className="brand">
          <ChatIcon /> {t('brand')}
        </p>
        <h1>{t('signInTitle')}</h1>
        {signInProblem !== null && (
          <Alert color="red" variant="light" role="alert">
            {problemText(t, signInProblem)}
          </Alert>
        )}
        <TextInput
          ref={login}
          name="login"
          label={t('login')}
          autoComplete="username"
          required
          withAsterisk={false}
          data-autofocus
        />
        <PasswordInput
          ref={password}
          name="password"
          label={t('password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
        />
        <Button type="submit" size="md" loading={signingIn}>
          {t('signIn')}
        </Button>
        <div className="row">
          <LanguageButton />
          <ThemeButton />
        </div>
      </form>
    </main>
  );
}
