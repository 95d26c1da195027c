import type { ConversationEvent, Role, Site } from './frames.ts';

/** A call that no site carried out, or that the center refused. */
export class ApiError extends Error {
  /** The center's reason, or `unreachable` when no site answered. */
  readonly reason: string;
  readonly status: number;

  constructor(reason: string, status: number, message: string) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

export interface Account {
  id: string;
  login: string;
  name: string;
  role: Role;
}

export interface SignedIn {
  token: string;
  /** Ms since the Unix epoch. */
  expires_at: number;
  account: Account;
}

export interface NewCustomer {
  token: string;
  customer_id: string;
  /** Ms since the Unix epoch. */
  expires_at: number;
}

export interface Summary {
  conversation: string;
  customer: string;
  customer_name: string;
  phase: 'waiting' | 'assigned' | 'closed';
  /** Who holds it; empty when nobody does. */
  agent: string;
  queue: string;
  last_number: number;
  /** Ms since the Unix epoch. */
  last_at: number;
  /** The last message, cut. */
  preview: string;
  unread: number;
}

/** A site that answers nothing for so long, in ms, is given up for this call. */
const PATIENCE = 2_500;

export interface Request {
  method?: 'GET' | 'POST';
  path: string;
  token?: string;
  body?: unknown;
}

/** Asks the sites in turn until one answers; a refusal (4xx) is an answer, 5xx and silence are not. */
export async function call<T>(sites: readonly Site[], request: Request): Promise<T> {
  let last: ApiError = new ApiError('unreachable', 0, 'no site is known');
  for (const site of sites) {
    try {
      return await ask<T>(site, request);
    } catch (error) {
      last = error instanceof ApiError ? error : new ApiError('unreachable', 0, String(error));
      if (last.status >= 400 && last.status < 500) throw last;
    }
  }
  throw last;
}

async function ask<T>(site: Site, request: Request): Promise<T> {
  const headers: Record<string, string> = {};
  if (request.token !== undefined) headers.Authorization = `Bearer ${request.token}`;
  if (request.body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(site.url + request.path, {
    method: request.method ?? 'GET',
    headers,
    signal: AbortSignal.timeout(PATIENCE),
    credentials: 'omit',
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  if (answer.ok) return (await answer.json()) as T;
  const error = (await answer.json().catch(() => ({}))) as { reason?: string; message?: string };
  throw new ApiError(error.reason ?? 'internal', answer.status, error.message ?? answer.statusText);
}

export const signIn = (sites: readonly Site[], login: string, password: string) =>
  call<SignedIn>(sites, { method: 'POST', path: '/api/v1/sign-in', body: { login, password } });

export const newCustomer = (sites: readonly Site[]) =>
  call<NewCustomer>(sites, { method: 'POST', path: '/api/v1/customers', body: {} });

export const fetchSites = (sites: readonly Site[]) =>
  call<{ site: string; sites: Site[] }>(sites, { path: '/api/v1/sites' });

export async function conversations(
  sites: readonly Site[],
  token: string,
  filter: { agent?: string; customer?: string; closed?: boolean; limit?: number },
): Promise<Summary[]> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filter)) query.set(key, String(value));
  const path = `/api/v1/conversations?${query}`;
  return (await call<{ conversations: Summary[] }>(sites, { path, token })).conversations;
}

export async function events(
  sites: readonly Site[],
  token: string,
  conversation: string,
  limit: number,
): Promise<ConversationEvent[]> {
  const path = `/api/v1/conversations/${encodeURIComponent(conversation)}/events?after=0&limit=${limit}`;
  return (await call<{ events: ConversationEvent[] }>(sites, { path, token })).events;
}
