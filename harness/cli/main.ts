import { startVerityThreads } from './verity-threads.ts';

const words = process.argv.slice(2);
// What else the program stands on takes as long to load as it takes a thread to start.
const threads = await startVerityThreads(words);
const { runProgram } = await import('./run-program.ts');
await runProgram(words, threads);
