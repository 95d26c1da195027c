/** A text as searches see it: width, case and the two kana alike, spaces as one. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
    .replace(/\s+/g, ' ')
    .trim();
}

/** Words of a query, folded; none for an empty one. */
export function words(query: string): string[] {
  return fold(query)
    .split(' ')
    .filter((word) => word !== '');
}
