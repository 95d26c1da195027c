import { type ConversationEvent, clock, day, type Language, type Translate } from '@madoguchi/shared';
import type { Code } from '../store/office.ts';
import type { Text } from '../texts.ts';

/** The line of an event that nobody said; `null` for those that have a bubble or no line at all. */
export function noteOf(
  event: ConversationEvent,
  own: string,
  t: Translate<Text>,
  name: (id: string) => string,
  codes: readonly Code[],
  language: Language,
): string | null {
  switch (event.what) {
    case 'opened':
      return t('opened', { queue: event.queue });
    case 'assigned':
      if (event.by.kind === 'agent' && event.by.id === event.agent)
        return t('takenEvent', { agent: event.agent === own ? t('you') : name(event.agent) });
      return event.agent === own ? t('assignedYou') : t('assignedOther', { agent: name(event.agent) });
    case 'transferred':
      return event.agent
        ? t('transferredAgent', { agent: name(event.agent), queue: event.queue })
        : t('transferredQueue', { queue: event.queue });
    case 'closed':
      if (event.reason === 'served_elsewhere') return t('servedElsewhere');
      return t(event.by.kind === 'customer' ? 'closedByCustomer' : 'closedByAgent');
    case 'reopened':
      return t('reopened');
    case 'joined':
      return t('joinedEvent', { agent: name(event.agent) });
    case 'left':
      return t('leftEvent', { agent: name(event.agent) });
    case 'callback_asked': {
      const at = event.not_before ?? 0;
      const from =
        at > 0 ? ` ${t('callbackFrom', { time: `${day(at, language)} ${clock(at, language)}` })}` : '';
      return `${t('callbackAskedEvent', { phone: event.phone || t('erased') })}${from}`;
    }
    case 'callback_cancelled':
      return t('callbackCancelledEvent');
    case 'rated':
      return `${t('ratedEvent', { score: event.score })}${event.comment ? `「${event.comment}」` : ''}`;
    case 'wrapped':
      return wrappedLine(event, t, codes, language);
    default:
      return null;
  }
}

function wrappedLine(
  event: Extract<ConversationEvent, { what: 'wrapped' }>,
  t: Translate<Text>,
  codes: readonly Code[],
  language: Language,
): string {
  const known = codes.find((c) => c.id === event.code);
  const code = known?.[language] || known?.ja || event.code || '—';
  const tags = (event.tags ?? []).map((tag) => ` #${tag}`).join('');
  const at = event.follow_up_at;
  const follow = at ? t('followUpEvent', { time: `${day(at, language)} ${clock(at, language)}` }) : '';
  return `${t('wrappedEvent', { code })}${tags}${event.summary ? `「${event.summary}」` : ''}${follow}`;
}
