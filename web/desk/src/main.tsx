import '@mantine/core/styles.css';
import './desk.css';
import './work.css';
import './voice/voice.css';
import './customer/customer.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Desk } from './store/desk.ts';
import { theme } from './theme.ts';
import { App } from './view/App.tsx';
import { DeskContext } from './view/use.ts';

const desk = new Desk({ name: location.host, url: location.origin });
const element = document.getElementById('desk');
if (element)
  createRoot(element).render(
    <StrictMode>
      {/* Variables and classes come from style sheets: a strict CSP forbids styles made at run time. */}
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <DeskContext value={desk}>
          <App />
        </DeskContext>
      </MantineProvider>
    </StrictMode>,
  );
