import { ApiError } from '@madoguchi/shared';
import { isMissing } from '../store/office.ts';
import { useDesk } from '../view/use.ts';

/** Carries something out and tells how it went; true when it went well. */
export function useAct(): (what: () => Promise<unknown>, said: string) => Promise<boolean> {
  const desk = useDesk();
  return async (what, said) => {
    try {
      await what();
      desk.tell(said, true);
      return true;
    } catch (error) {
      const reason = error instanceof ApiError ? error.reason : 'internal';
      desk.tell(isMissing(error) && reason === 'no_such_page' ? 'not_here' : reason, false);
      return false;
    }
  };
}
