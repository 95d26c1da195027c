import { createContext, useContext } from 'react';

/** Opens another customer's record in place of the one at hand; `null`: it cannot be done here. */
export const WalkContext = createContext<((id: string) => void) | null>(null);

export const useWalk = (): ((id: string) => void) | null => useContext(WalkContext);
