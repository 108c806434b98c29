/** Tells what set-up is doing. On stderr, because stdout belongs to the command that follows. */
export function say(text: string): void {
  process.stderr.write(`setup: ${text}\n`);
}

/**
 * Runs a step and tells what it does and how long it took.
 *
 * @param what the step in a few words, e.g. `making the toolbox`
 * @param step the work
 */
export async function timed<T>(what: string, step: () => Promise<T>): Promise<T> {
  const start = performance.now();
  say(`${what} …`);
  const result = await step();
  say(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Says in one sentence what is missing and ends with the exit code for that. */
export function giveUp(sentence: string): never {
  say(sentence);
  process.exit(3);
}
