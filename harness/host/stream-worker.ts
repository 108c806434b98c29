/** A thread that computes digests of streams of a file until none is left. */
import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedStreams, StreamTasks } from './stream-tasks.ts';

// Whoever started this thread ends it before Node.js would keep what it has compiled, and the next would strip
// the types of these sources anew.
flushCompileCache();

try {
  send({ digests: new StreamTasks(workerData).runAll() });
} catch (error) {
  if (!(error instanceof FormatError)) throw error;
  const { file, offset, expected, found } = error;
  send({ problem: { file, offset, expected, found } });
}

function send(answer: DigestedStreams): void {
  parentPort?.postMessage(answer);
}
