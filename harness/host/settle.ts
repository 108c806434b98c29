/**
 * Awaits work that runs side by side. Unlike `Promise.all` it waits for all of it even where some
 * fails, so that nothing is still at work when the caller cleans up.
 *
 * @throws the first error, in the order of the list
 */
export async function settleAll<const T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
