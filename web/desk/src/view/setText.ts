/** Puts a text into a box that keeps its own text, as if it had been typed: the draft and the height follow. */
export function setText(area: HTMLTextAreaElement, text: string): void {
  // React overrides `value` on the element; the prototype's setter lets it notice the change.
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(area, text);
  area.dispatchEvent(new Event('input', { bubbles: true }));
  area.focus();
}

/** Puts a text in place of the selection and of the `strip` characters before it. */
export function insertText(area: HTMLTextAreaElement, text: string, strip: number): void {
  const from = Math.max(0, area.selectionStart - strip);
  const { value, selectionEnd } = area;
  setText(area, value.slice(0, from) + text + value.slice(selectionEnd));
  area.setSelectionRange(from + text.length, from + text.length);
}
