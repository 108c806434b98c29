import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * The suites of a run as one file of tests: Vitest runs files one after the other, and only tests of one
 * file side by side.
 */
const { root, files } = inject('suites');

for (const file of files) {
  await import(join(root, file)).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${file}: ${message}`, { cause: error });
  });
}
