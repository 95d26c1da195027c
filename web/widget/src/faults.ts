import { ApiError } from '@madoguchi/shared';
import type { Text } from './texts.ts';

/** What the customer is told when a callback was not noted, or not cancelled. */
export function callbackFault(error: unknown): Text {
  switch (error instanceof ApiError ? error.reason : '') {
    case 'bad_phone':
      return 'callBadPhone';
    case 'nobody_calls_back':
      return 'callNobody';
    case 'not_waiting':
    case 'unknown_contact':
      return 'callTooLate';
    case 'too_many_requests':
      return 'tooMany';
    default:
      return 'callFailed';
  }
}
