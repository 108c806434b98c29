/** Runs made suites as `cvm conformance` runs the real ones, and prints what they came to as JSON. */
import { Machine } from '../../harness/machine/machine.ts';
import { runSuites, type SuiteSelection } from '../run-suites.ts';

const [suites = '', selection = ''] = process.argv.slice(2);
const machine = Machine.parse({
  name: 'none',
  firmware: { kind: 'bios', image: 'none' },
  boot: { kind: 'kernel', kernel: 'none' },
});
const setting = {
  run: suites,
  tools: { kind: 'host' },
  accelerator: 'tcg',
  cache: suites,
  toolVersions: {},
  machines: {},
  kernelHashes: { firmware: '', program: '', other: '', linux: '', uki: '' },
  snp: {
    guest: { machine, access: { user: '', privateKey: '', hostKey: '' }, announced: [] },
    missing: [],
  },
} as const;
const silent = { onStage: () => undefined, onBooted: () => undefined, onJudged: () => undefined };

const answer = await runSuites(
  suites,
  JSON.parse(selection) as SuiteSelection,
  setting,
  silent,
  new AbortController().signal,
).catch(({ name, message }: Error) => ({ name, message }));
process.stdout.write(JSON.stringify(answer));
