import type { Command } from 'commander';
import type { DigestThreads } from '../host/digest-threads.ts';

/** Adds a command, with its options and what it does. */
type AddCommand = (program: Command) => void;

/** Loads a command, which may have threads wait for it. */
type LoadCommand = (threads?: DigestThreads) => Promise<AddCommand>;

/**
 * The commands of `cvm` in the order of its help, by name. Each is loaded when it is wanted: to load all
 * of them takes longer than most of them work.
 */
const COMMANDS: Readonly<Record<string, LoadCommand>> = {
  predict: async () => (await import('./predict-command.ts')).addPredict,
  uki: async () => (await import('./uki-command.ts')).addUki,
  eventlog: async () => (await import('./eventlog-command.ts')).addEventlog,
  compare: async () => (await import('./compare-command.ts')).addCompare,
  'reference-values': async () =>
    (await import('./reference-values-command.ts')).addReferenceValues,
  vars: async () => (await import('./vars-command.ts')).addVars,
  judge: async () => (await import('./judge-command.ts')).addJudge,
  verity: async (threads) => {
    const { addVerity } = await import('./verity-commands.ts');
    return (program) => addVerity(program, threads);
  },
  coverage: async () => (await import('./coverage-command.ts')).addCoverage,
  'hashes-table': async () => (await import('./hashes-table-command.ts')).addHashesTable,
  'launch-digest': async () => (await import('./launch-digest-command.ts')).addLaunchDigest,
  'id-block': async () => (await import('./id-block-command.ts')).addIdBlock,
  report: async () => (await import('./report-command.ts')).addReport,
  quote: async () => (await import('./quote-command.ts')).addQuote,
  results: async () => (await import('./results-command.ts')).addResults,
  doctor: async () => (await import('./host-commands.ts')).addDoctor,
  image: async () => (await import('./host-commands.ts')).addImage,
  boot: async () => (await import('./host-commands.ts')).addBoot,
  conformance: async () => (await import('./conformance-command.ts')).addConformance,
};

/** Flags that are answered without any command. */
const ALONE: readonly (string | undefined)[] = ['-V', '--version'];

/**
 * Adds the command that a command line begins with; all of them where it begins with none, as help does,
 * and the answer to a name that is mistyped.
 *
 * @param program what the commands are added to
 * @param words the command line, without the name of the program
 * @param threads threads that wait for blocks to hash, where they have been started
 */
export async function addCommands(
  program: Command,
  [first]: readonly string[],
  threads?: DigestThreads,
): Promise<void> {
  if (ALONE.includes(first)) return;
  const isCommand = first !== undefined && Object.hasOwn(COMMANDS, first);
  const wanted = isCommand ? [COMMANDS[first]] : Object.values(COMMANDS);
  for (const load of wanted) (await load?.(threads))?.(program);
}
