import {
  type Command,
  call,
  type Language,
  type NewCustomer,
  type Site,
  type Theme,
} from '@madoguchi/shared';

type Open = Extract<Command, { type: 'open' }>;
type Post = Extract<Command, { type: 'post' }>;

export const theme = (sites: readonly Site[]) => call<Theme>(sites, { path: '/api/v1/theme' });

/** The beginning of a conversation by HTTP. */
export const leave = (sites: readonly Site[], token: string, open: Open, post: Post, language: Language) => {
  const { conversation, queue, name = '', reason = '', answers = {} } = open;
  const { message, text } = post;
  const body = { conversation, message, queue, name, language, reason, answers, text };
  return call(sites, { method: 'POST', path: '/api/v1/messages', token, body });
};

export const resumeLink = (sites: readonly Site[], token: string, conversation: string) =>
  call<{ url: string }>(sites, {
    path: `/api/v1/conversations/${encodeURIComponent(conversation)}/resume-link`,
    token,
  });

const callbackOf = (conversation: string) => `/api/v1/contacts/${encodeURIComponent(conversation)}/callback`;

/** Be called back, at the same place; `at` 0: at its turn. */
export const askCallback = (
  sites: readonly Site[],
  token: string,
  conversation: string,
  body: { message: string; phone: string; at: number },
) => call(sites, { method: 'POST', path: callbackOf(conversation), token, body, patience: 6_000 });

export const cancelCallback = (sites: readonly Site[], token: string, conversation: string) =>
  call(sites, { method: 'DELETE', path: callbackOf(conversation), token, patience: 6_000 });

export const resume = (sites: readonly Site[], code: string) =>
  call<NewCustomer & { conversation: string }>(sites, {
    method: 'POST',
    path: '/api/v1/resume',
    body: { code },
  });
