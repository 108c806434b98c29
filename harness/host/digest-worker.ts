/** A thread that waits for a job, and hashes blocks of a file, task by task, until none is left. */
import { flushCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { FormatError } from '../bytes/format-error.ts';
import { type DigestedTask, type DigestJob, DigestTasks } from './digest-tasks.ts';

// Whoever started this thread ends it before Node.js would keep what it has compiled, and the next would strip
// the types of these sources anew.
flushCompileCache();
parentPort?.once('message', runAll);

function runAll(job: DigestJob): void {
  const tasks = new DigestTasks(job);
  try {
    for (let task = tasks.take(); task !== undefined; task = tasks.take()) {
      send({ task, digests: Uint8Array.from(tasks.run(task)) });
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { file, offset, expected, found } = error;
    send({ problem: { file, offset, expected, found } });
  }
}

function send(message: DigestedTask): void {
  const transfer = 'digests' in message ? [message.digests.buffer] : [];
  parentPort?.postMessage(message, transfer as ArrayBuffer[]);
}
