import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonSource } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { Result } from '../report/result.ts';

/** Name of a run's result in its folder. */
export const RESULT_FILE = 'result.json';

/** Larger than a result with every requirement and many boots. */
export const LARGEST_RESULT = 64 << 20;

/**
 * Reads the result of a run.
 *
 * @param path its folder, e.g. `results/latest`, or its `result.json`; `-` for standard input
 * @throws UsageError where there is no such file; FormatError where it is no result of this schema version
 */
export async function readResult(path: string): Promise<Result> {
  const isFolder =
    path !== '-' && (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const file = isFolder ? join(path, RESULT_FILE) : path;
  if (isFolder && !existsSync(file)) {
    throw new UsageError(`${path}: no run that is finished: it has no ${RESULT_FILE}`);
  }
  using source = await openSource(file);
  return resultOf(source);
}

/**
 * Reads the result of a run.
 *
 * @param source its `result.json`
 * @throws FormatError where it is no result of this schema version
 */
export function resultOf(source: ByteSource): Result {
  return readJsonSource(source, 'the result of a run, schema version 1', LARGEST_RESULT, Result);
}
