import { z } from 'zod';
import { nearestNames } from '../bytes/nearest-name.ts';
import { UsageError } from '../host/errors.ts';
import { BOOTED } from '../predict/predict.ts';

const Path = z.string().min(1);

/** Why a requirement does not apply to an image, and until when nobody need ask again. */
const Waiver = z.strictObject({
  requirement: z.string(),
  reason: z.string().trim().min(10, 'expected a reason, in 10 characters or more'),
  until: z.iso.date('expected the last day on which it counts, YYYY-MM-DD'),
});

const Ssh = z.strictObject({
  user: z.string().min(1).default('root').describe('may read the TPM and its event logs'),
  key: Path.describe('private key, OpenSSH'),
  hostKey: Path.optional().describe(
    "the guest's public host key (ed25519); left out where it lies in the image's root file system",
  ),
});

const Boot = z.strictObject({
  path: z
    .enum(['uki', 'systemd-boot', 'shim', 'kernel'])
    .optional()
    .describe('what the firmware is expected to start'),
  firmware: z
    .enum(['2025.02', '2026.08'], 'expected "2025.02" or "2026.08", in quotes')
    .default('2026.08')
    .describe('generation of OVMF'),
  vcpus: z.int().min(1).max(64).default(2),
  memoryMiB: z.int().min(256).default(1024),
});

/** What cannot be seen of an image: `cvm.config.ts` or `cvm.config.yaml`. */
export const RunConfig = z.strictObject({
  image: Path.optional().describe('what --image says'),
  initrd: Path.optional().describe('what --initrd says'),
  cmdline: z.string().optional().describe('what --cmdline says'),
  ssh: Ssh.optional().describe('left out where nobody can log in'),
  boot: Boot.prefault({}),
  certificates: z
    .array(Path)
    .nonempty()
    .optional()
    .describe('who signs the image: Secure Boot is on with these in db (X.509, PEM or DER)'),
  phases: z
    .string()
    .regex(/^(?:[a-z-]+(?::[a-z-]+)*)?$/, 'expected boot phases, separated by colons')
    .default(BOOTED)
    .describe('those that systemd has measured when the image is up'),
  ready: z.string().min(1).optional().describe('text of a console line that says that it is up'),
  requirements: z.array(z.string()).nonempty().optional().describe('those that apply'),
  waivers: z.array(Waiver).default([]).describe('requirements that do not apply'),
});

export type RunConfig = z.infer<typeof RunConfig>;

/** A requirement that is waived. */
export type Waiver = RunConfig['waivers'][number];

/** The keys of each object of a configuration, by the path to it without places in lists. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(RunConfig.shape),
  ssh: Object.keys(Ssh.shape),
  boot: Object.keys(Boot.shape),
  waivers: Object.keys(Waiver.shape),
};

/** A longer text of somebody's is none that helps. */
const LONGEST_FOUND = 64;

/**
 * Checks a configuration.
 *
 * @param file its name, for error messages
 * @param value what it holds
 * @param ids of requirements that there are
 * @throws UsageError that names the file, the key, what was expected, and the nearest that is valid
 */
export function checkConfig(file: string, value: unknown, ids: readonly string[]): RunConfig {
  const { data, error } = RunConfig.safeParse(value);
  const issues = error?.issues ?? [];
  // A key that is mistyped is missing too: the former is told.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue !== undefined) throw new UsageError(`${file}: ${sentenceOf(issue, value)}`);
  if (data === undefined) throw new TypeError('neither a value nor an issue');
  const named = [
    ...(data.requirements ?? []).map((id, place) => ({ id, key: `requirements.${place}` })),
    ...data.waivers.map(({ requirement: id }, place) => ({
      id,
      key: `waivers.${place}.requirement`,
    })),
  ];
  const unknown = named.find(({ id }) => !ids.includes(id));
  if (unknown === undefined) return data;
  const { id, key } = unknown;
  throw new UsageError(
    `${file}: ${key}: expected a requirement, found ${shown(id)}; the nearest is ${nearest(id, ids)}`,
  );
}

function sentenceOf(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') {
    const found = shown(issue.path.reduce(memberOf, value));
    return `${path || 'the configuration'}: ${expectedOf(issue)}, found ${found}`;
  }
  const key = issue.keys[0] ?? '';
  const keys = KEYS[issue.path.filter((part) => typeof part === 'string').join('.')] ?? [];
  const place = path === '' ? key : `${path}.${key}`;
  return (
    `${place}: expected one of the keys ${keys.join(', ')}, found ${shown(key)}; ` +
    `the nearest is ${nearest(key, keys)}`
  );
}

/** Zod's sentences begin `Invalid input: expected …`; those of the schema itself `expected …`. */
function expectedOf({ message }: z.core.$ZodIssue): string {
  const [, after] = /(expected .*?)(?:, received .*)?$/.exec(message) ?? [];
  return after ?? message;
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return value !== null && typeof value === 'object'
    ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
    : undefined;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return (JSON.stringify(value) ?? String(value)).slice(0, LONGEST_FOUND);
}

function nearest(name: string, names: readonly string[]): string {
  return nearestNames(name, names, 1)[0] ?? 'none';
}
