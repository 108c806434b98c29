/** A thread that hashes blocks of a file, task by task, until none is left. */
import { parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedTask, DigestTasks } from './digest-tasks.ts';

const tasks = new DigestTasks(workerData);

try {
  for (let task = tasks.take(); task !== undefined; task = tasks.take()) {
    send({ task, digests: Uint8Array.from(tasks.run(task)) });
  }
} catch (error) {
  if (!(error instanceof FormatError)) throw error;
  const { file, offset, expected, found } = error;
  send({ problem: { file, offset, expected, found } });
}

function send(message: DigestedTask): void {
  const transfer = 'digests' in message ? [message.digests.buffer] : [];
  parentPort?.postMessage(message, transfer as ArrayBuffer[]);
}
