/** A piece of a text; `href` when it is an address. */
export interface Piece {
  text: string;
  href?: string;
}

/** Signs that end a sentence rather than an address. */
const TAIL = /[.,;:!?'"”’）)\]」』】。、！？]+$/;

/** The text cut at its `http` and `https` addresses; nothing else ever becomes a link. */
export function linked(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"「」『』（）。、！？]+/g)) {
    const address = match[0].replace(TAIL, '');
    if (!URL.canParse(address)) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: address, href: address });
    end = match.index + address.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}
