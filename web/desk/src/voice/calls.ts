import type { Call, CallLeg } from '@madoguchi/shared';

/** The leg of a person that is not over. */
export const legOf = (call: Call, id: string): CallLeg | undefined =>
  call.legs.find((leg) => leg.id === id && leg.state !== 'ended');

export const isOver = (call: Call): boolean => call.phase === 'ended';

/** Whether the person takes part: it is assigned to them, or they have a leg of it. */
export const isMine = (call: Call, id: string): boolean =>
  !isOver(call) && id !== '' && (call.agent === id || legOf(call, id) !== undefined);

/** Whether the desk connects by itself: the call is assigned to the person, whose SIP phone does not have it. */
export function joinsByItself(call: Call, id: string): boolean {
  return isMine(call, id) && call.agent === id && legOf(call, id)?.via !== 'phone';
}

/** Whether a colleague asks the person into the call, who has not answered yet. */
export function ringsFor(call: Call, id: string): boolean {
  if (isOver(call) || call.agent === id) return false;
  const leg = legOf(call, id);
  return leg?.kind === 'consulted' && leg.state === 'ringing' && leg.via !== 'phone';
}

/** Whether the customer hears music. */
export const isHeld = (call: Call): boolean => call.held || call.consulting !== undefined;

/** Somebody the agent talks with in private; nobody once all talk together. */
export const consultedOf = (call: Call): CallLeg | undefined =>
  call.legs.find((leg) => leg.leg === call.consulting && leg.state !== 'ended');

/** Everybody who is in the call, the customer first. */
export const livingLegs = (call: Call): CallLeg[] => call.legs.filter((leg) => leg.state !== 'ended');
