import { type OpenSource, openSource } from '../host/file-source.ts';

/**
 * Opens a file that may have been left out.
 *
 * @param files what closes it
 * @throws UsageError where there is no such file or it may not be read
 */
export async function openOptional(
  files: DisposableStack,
  path: string | undefined,
): Promise<OpenSource | undefined> {
  return path === undefined ? undefined : files.use(await openSource(path));
}
