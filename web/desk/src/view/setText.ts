/** Puts a text into a box that keeps its own text, as if it had been typed: the draft and the height follow. */
export function setText(area: HTMLTextAreaElement, text: string): void {
  // React overrides `value` on the element; the prototype's setter lets it notice the change.
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(area, text);
  area.dispatchEvent(new Event('input', { bubbles: true }));
  area.focus();
}
