/** The docstring that ends right before a place of a text; empty where there is none. */
export function docstringOf(text: string, place: number): string {
  const before = text.slice(0, place).trimEnd();
  return before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : '';
}
