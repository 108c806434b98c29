/** A thread that computes digests of streams of a file until none is left. */
import { parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedStreams, StreamTasks } from './stream-tasks.ts';

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
