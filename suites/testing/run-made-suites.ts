/** Runs made suites as `cvm conformance` runs the real ones, and prints what they came to as JSON. */
import { runSuites, type SuiteSelection } from '../run-suites.ts';
import type { ListedTest } from '../shard.ts';

/** Which of the made tests are run: where machines are named, those that need one of them. */
export type MadeSelection = Omit<SuiteSelection, 'choose'> & {
  readonly machines?: readonly string[];
};

const [suites = '', selection = ''] = process.argv.slice(2);
const setting = {
  run: suites,
  tools: { kind: 'host' },
  accelerator: 'tcg',
  cache: suites,
  toolVersions: {},
  stock: { images: {}, firmware: [], toolbox: { kind: 'toolbox', root: suites }, inputs: suites },
  missingForSnp: [],
  campaign: { flips: 1, seed: 1 },
  jobs: 1,
  seconds: {},
} as const;
const silent = {
  onStep: () => undefined,
  onStage: () => undefined,
  onBooted: () => undefined,
  onJudged: () => undefined,
};

const { machines, ...asked } = JSON.parse(selection) as MadeSelection;
const choose = (tests: readonly ListedTest[]) =>
  tests.filter((test) => test.machines.some((one) => machines?.includes(one))).map(nameOf);

const answer = await runSuites(
  suites,
  { ...asked, ...(machines !== undefined && { choose }) },
  setting,
  silent,
  new AbortController().signal,
).catch(({ name, message }: Error) => ({ name, message }));
process.stdout.write(JSON.stringify(answer));

function nameOf({ name }: ListedTest): string {
  return name;
}
