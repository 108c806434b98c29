/** Writes a command's answer: one JSON document, or text for people. */
export function print(answer: unknown, asJson: boolean, render: () => string): void {
  const text = asJson ? JSON.stringify(answer, null, 2) : render();
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
