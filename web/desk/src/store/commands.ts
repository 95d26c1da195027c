import {
  type Choice,
  type Command,
  type FormName,
  type FormValues,
  type Offer,
  uuid,
} from '@madoguchi/shared';

/** What is kept of a conversation that ended. */
export interface WrapUp {
  code: string;
  tags: string[];
  summary: string;
  /** When to come back to the customer, ms since the Unix epoch. */
  follow_up_at?: number;
}

/** The frames by which an agent acts. Each has ids of its own, so it may be sent again. */
export abstract class Commands {
  protected abstract send(frame: Command): void;

  setAvailability(availability: Choice, reason = ''): void {
    this.send({ type: 'availability', ref: uuid(), availability, reason });
  }

  accept(offer: Offer): void {
    this.send({ type: 'accept', ref: uuid(), contact: offer.contact, round: offer.round });
  }

  decline(offer: Offer): void {
    this.send({ type: 'decline', ref: uuid(), contact: offer.contact, round: offer.round });
  }

  post(conversation: string, text: string): void {
    this.send({ type: 'post', ref: uuid(), conversation, message: uuid(), text });
  }

  /** Offers a form to the customer, with what is known already. */
  offerForm(conversation: string, form: FormName, values: FormValues): void {
    const post = { type: 'post', ref: uuid(), conversation, message: uuid() } as const;
    this.send({ ...post, text: JSON.stringify(values), form: { form, filled: false, offer: 0 } });
  }

  /** Says something to colleagues alone; `whisper` is for whoever holds the conversation. */
  note(conversation: string, text: string, mentions: string[], whisper = false): void {
    this.send({ type: 'note', ref: uuid(), conversation, message: uuid(), text, mentions, whisper });
  }

  close(conversation: string): void {
    this.send({ type: 'close', ref: uuid(), conversation });
  }

  wrap(conversation: string, what: WrapUp): void {
    this.send({ type: 'wrap', ref: uuid(), conversation, ...what });
  }

  /** Empty `queue`: the conversation's own; empty `agent`: anybody of the queue. */
  transfer(conversation: string, queue: string, agent: string, summary: string): void {
    const frame = { type: 'transfer', ref: uuid(), conversation } as const;
    const where = { ...(queue ? { queue } : {}), ...(agent ? { agent } : {}) };
    this.send({ ...frame, ...where, ...(summary ? { summary } : {}) });
  }

  /** Takes part, stops taking part, or becomes the holder. */
  partake(type: 'join' | 'leave' | 'take', conversation: string): void {
    this.send({ type, ref: uuid(), conversation });
  }
}
