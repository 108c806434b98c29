import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError } from '../host/errors.ts';
import type { Tools } from '../host/tools.ts';

/** The project's own folder. */
const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, '.cache');

/** Where things lie in this checkout. */
export const WORKSPACE = {
  root: ROOT,
  cache: CACHE,
  toolbox: join(CACHE, 'toolbox', 'current'),
  firmware: join(CACHE, 'firmware'),
  images: join(CACHE, 'images'),
  definitions: join(ROOT, 'vm-images'),
  manifest: join(ROOT, 'ovmf', 'manifest.json'),
  suites: join(ROOT, 'suites'),
  results: join(ROOT, 'results'),
} as const;

/** The toolbox that set-up has made. */
export type Toolbox = Extract<Tools, { kind: 'toolbox' }>;

/**
 * The toolbox of this checkout.
 *
 * @throws EnvironmentError where it is not there
 */
export function toolbox(): Toolbox {
  if (existsSync(WORKSPACE.toolbox)) return { kind: 'toolbox', root: WORKSPACE.toolbox };
  throw new EnvironmentError({ missing: 'the toolbox is not there', remedy: 'run scripts/setup' });
}
