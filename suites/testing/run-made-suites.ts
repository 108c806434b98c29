/** Runs made suites as `cvm conformance` runs the real ones, and prints what they came to as JSON. */
import { runSuites, type SuiteSelection } from '../run-suites.ts';

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
} as const;
const silent = {
  onStep: () => undefined,
  onStage: () => undefined,
  onBooted: () => undefined,
  onJudged: () => undefined,
};

const answer = await runSuites(
  suites,
  JSON.parse(selection) as SuiteSelection,
  setting,
  silent,
  new AbortController().signal,
).catch(({ name, message }: Error) => ({ name, message }));
process.stdout.write(JSON.stringify(answer));
