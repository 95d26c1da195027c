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
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  token?: string;
  /** Sent as JSON, a `Blob` as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Ms until the next site is asked; 2,500 unless told. */
  patience?: number;
}

/** Asks the sites in turn until one answers; a refusal (4xx) is an answer, 5xx and silence are not. */
export const call = <T>(sites: readonly Site[], request: Request): Promise<T> =>
  firstAnswer(sites, (site) => ask<T>(site, request));

async function firstAnswer<T>(sites: readonly Site[], asking: (site: Site) => Promise<T>): Promise<T> {
  let last: ApiError = new ApiError('unreachable', 0, 'no site is known');
  for (const site of sites) {
    try {
      return await asking(site);
    } catch (error) {
      last = error instanceof ApiError ? error : new ApiError('unreachable', 0, String(error));
      if (last.status >= 400 && last.status < 500) throw last;
    }
  }
  throw last;
}

async function ask<T>(site: Site, request: Request): Promise<T> {
  const answer = await send(site, request);
  const text = await answer.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function send(site: Site, request: Request): Promise<Response> {
  const { body } = request;
  const raw = typeof Blob !== 'undefined' && body instanceof Blob;
  const headers: Record<string, string> = { ...request.headers };
  if (request.token !== undefined) headers.Authorization = `Bearer ${request.token}`;
  if (body !== undefined && !raw) headers['Content-Type'] = 'application/json';
  const answer = await fetch(site.url + request.path, {
    method: request.method ?? 'GET',
    headers,
    signal: AbortSignal.timeout(request.patience ?? PATIENCE),
    credentials: 'omit',
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  });
  if (answer.ok) return answer;
  const error = (await answer.json().catch(() => ({}))) as { reason?: string; message?: string };
  throw new ApiError(error.reason ?? 'internal', answer.status, error.message ?? answer.statusText);
}

/** As `call`, for what is not JSON. */
export const fetchBlob = (sites: readonly Site[], request: Request): Promise<Blob> =>
  firstAnswer(sites, async (site) => (await send(site, request)).blob());

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
