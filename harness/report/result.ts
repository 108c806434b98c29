import { z } from 'zod';
import { type Finding, STATES } from '../judge/finding.ts';
import { ResultTable } from './table.ts';

/** A type whose values stay as they are, all the way down. */
type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

const State = z.enum(STATES);
const Words = z.string().min(1);
const Seconds = z.number().min(0);
const Count = z.int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A requirement's id; see `suites/requirements/requirement.ts`. */
const RequirementId = z.string().regex(/^CVM-[A-Z]{2,4}-\d{3}$/);

/** A path below the run's directory: neither absolute nor up and out of it. */
const PathInRun = z.string().regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$)).+$/);

const Run = z.strictObject({
  id: Words.describe("name of the run's directory"),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  seconds: Seconds,
  profile: z.enum(['emulated', 'kvm', 'sev-snp']),
  seed: Count.describe('what every random choice of the run was made from'),
  command: Words.describe('what was typed; starts the same run again'),
  interrupted: z
    .literal(true)
    .optional()
    .describe('it was ended before its time: what was not judged by then is not-tested'),
  quick: z.literal(true).optional().describe('only the quick selection was run'),
  shard: z
    .strictObject({
      index: z.int().min(1),
      total: z.int().min(1),
      plan: Sha256.describe('of what each shard runs: shards of one run have the same'),
    })
    .optional()
    .describe('only this part was run'),
});

const Suite = z.strictObject({
  name: z.literal('cvm-conformance'),
  version: Words,
  commit: Words.nullable().describe('commit of the suite; null outside a git checkout'),
});

const Accelerator = z.strictObject({
  name: z.enum(['tcg', 'kvm']),
  reason: Words.describe('why this one, in a sentence'),
  asked: z.enum(['auto', 'tcg', 'kvm']),
});

const Host = z.strictObject({
  os: Words.describe('PRETTY_NAME of os-release(5)'),
  kernel: Words.describe('as uname -r has it'),
  cpuModel: Words,
  cores: z.int().min(1).describe('logical CPUs that this process may use'),
  memoryMiB: z.int().min(1),
});

const FirmwareFile = z.strictObject({
  file: Words,
  generation: Words.nullable().describe('as in ovmf/manifest.json; null where it is not listed'),
  sha256: Sha256,
  expectedSha256: Sha256.nullable().describe('as in ovmf/manifest.json; null where not listed'),
  matches: z.boolean().describe('sha256 is expectedSha256'),
});

const Image = z.strictObject({
  name: Words,
  sha256: Sha256.describe('of the disk image as it was before the run'),
  key: Words.nullable().describe(
    'digest of what it was built from; null where we did not build it',
  ),
});

const Environment = z.strictObject({
  host: Host,
  tools: z.record(Words, z.string()).describe('version of each tool, by its name'),
  firmware: z.array(FirmwareFile),
  images: z.array(Image),
});

const Boot = z.strictObject({
  name: Words.describe('name of the machine'),
  dossier: PathInRun,
  stages: z.array(
    z.strictObject({ stage: Words, atMs: z.number().min(0).describe('since power-on') }),
  ),
  seconds: Seconds.describe('from power-on until nothing of the VM was left'),
  state: State,
});

const FindingRecord = z.strictObject({
  requirement: RequirementId,
  machine: z.string().nullable(),
  state: State,
  sentence: z.string(),
  expected: z.string(),
  observed: z.string(),
  witness: z.enum(['guest command', 'event log', 'TPM command log', 'console', 'QMP', 'host file']),
  evidence: PathInRun.nullable(),
  reproduce: z.string().nullable(),
}) satisfies z.ZodType<Finding>;

const Judged = z.strictObject({
  id: RequirementId,
  chapter: Words,
  level: z.enum(['MUST', 'SHOULD']),
  sentence: Words,
  citation: Words,
  shownBy: Words,
  state: State,
  findings: z.array(FindingRecord),
});

const Tally = z
  .strictObject({ met: Count, total: Count })
  .describe('requirements of this level that passed, of all that there are');

const Counts = z
  .strictObject({
    pass: Count,
    fail: Count,
    vacuous: Count,
    error: Count,
    flaky: Count,
    skip: Count,
    'not-tested': Count,
    must: Tally,
    should: Tally,
  })
  .describe('how many requirements came to each state');

/**
 * The shape of `result.json`: all that one run found out, and everything that it depended on.
 * `schemaVersion` is counted up where a reader of the old shape would misread the new one.
 */
export const Result = z
  .strictObject({
    schemaVersion: z.literal(1),
    run: Run,
    suite: Suite,
    accelerator: Accelerator,
    environment: Environment,
    boots: z.array(Boot),
    requirements: z
      .array(Judged)
      .describe('every requirement of the suite, those that this run did not test included'),
    tables: z.array(ResultTable).optional().describe('findings that are read side by side'),
    summary: Counts,
    claim: Words.describe('what this run shows of the images, in a sentence'),
  })
  .meta({ title: 'Result of a run of cvm-conformance' });

export type Result = Immutable<z.infer<typeof Result>>;

/** A requirement with what became of it. */
export type JudgedRequirement = Result['requirements'][number];

/** How many requirements came to each state. */
export type Summary = Result['summary'];
