import { closeSync, constants, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedStreams, StreamTasks, type WantedDigest } from './stream-tasks.ts';

/** SHA-384 and SHA-512 take about so many times as long as the others. */
const SLOW: Readonly<Record<string, number>> = { sha384: 2.5, sha512: 2.5 };

/**
 * Computes digests of streams of a file on all cores. This thread works too, so that it need not wait for
 * another to start. Each digest is one thread's: hashing cannot be shared, and a file that is read again
 * comes from the page cache.
 *
 * @param path the file
 * @param wanted which digests of which streams
 * @param threads number of threads, this one included
 * @returns digests in the order in which they are wanted, lower-case hex
 * @throws FormatError where the file ends before a stream does
 */
export async function digestStreams(
  path: string,
  wanted: readonly WantedDigest[],
  threads = availableParallelism(),
): Promise<readonly string[]> {
  const order = [...wanted.keys()].toSorted((a, b) => costOf(wanted[b]) - costOf(wanted[a]));
  const ordered = order.flatMap((place) => wanted[place] ?? []);
  const digests = await digestInOrder(path, ordered, threads);
  return wanted.map((_, place) => digests.get(order.indexOf(place)) ?? '');
}

/** The longest is to begin first, so that all threads end at about the same time. */
function costOf(wanted: WantedDigest | undefined): number {
  if (wanted === undefined) return 0;
  const { algorithm, stream } = wanted;
  const bytes = stream.runs.reduce((sum, { length }) => sum + length, stream.zeros);
  return bytes * (SLOW[algorithm] ?? 1);
}

async function digestInOrder(
  path: string,
  wanted: readonly WantedDigest[],
  threads: number,
): Promise<ReadonlyMap<number, string>> {
  const descriptor = openSync(path, constants.O_RDONLY);
  const tasks = new StreamTasks(StreamTasks.jobOf({ path, descriptor, wanted }));
  const others = Math.min(threads, wanted.length) - 1;
  const workers = Array.from({ length: Math.max(0, others) }, () => start(tasks));
  try {
    const sent = Promise.all(workers.map(answerOf));
    sent.catch(() => undefined); // seen below, unless this thread fails first
    const own = tasks.runAll();
    return new Map([...own, ...(await sent).flat()]);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    closeSync(descriptor);
  }
}

function start({ job }: StreamTasks): Worker {
  return new Worker(new URL('stream-worker.ts', import.meta.url), { workerData: job });
}

function answerOf(worker: Worker): Promise<readonly (readonly [number, string])[]> {
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (answer: DigestedStreams) => {
      if ('problem' in answer) reject(new FormatError(answer.problem));
      else resolve(answer.digests);
    });
  });
}
