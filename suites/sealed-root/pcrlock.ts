import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { RunDirectory } from '../../harness/host/run-directory.ts';
import type { MeasuredEvent } from '../../harness/measure/event.ts';
import type { Prediction } from '../../harness/predict/prediction.ts';
import {
  type PcrlockFile,
  readPcrlockFile,
  readPcrlockPrediction,
} from '../../harness/tpm/pcrlock-file.ts';
import type { PcrVariants } from '../../harness/tpm/pcrlock-policy.ts';
import type { FirmwareState, FirmwareStateContext } from '../../harness/vm/firmware-state.ts';
import { ServedTpm } from '../../harness/vm/served-tpm.ts';
import { SEALED_PCRS } from './volumes.ts';

const PCRLOCK = '/usr/lib/systemd/systemd-pcrlock';
const BANK = 'sha256';
const PCRS = SEALED_PCRS.pcrlock;

/** Name under which an initrd looks for the policy among its credentials (systemd.system-credentials(7), pcrlock.*). */
const CREDENTIAL = 'pcrlock.cvm';

/** Where systemd-stub looks for credentials that it gives to every initrd (systemd-stub(7), FILES). */
export const CREDENTIALS_FOLDER = '/loader/credentials';

/** A policy of systemd-pcrlock in an NV index of a TPM, made of what is forecast of boots that nobody has made. */
export type PcrlockPolicy = {
  /** Path of `pcrlock.json`, by which volumes are keyed to it. */
  readonly path: string;
  /** Path of the same as a credential that is not encrypted, and where it goes on the ESP. */
  readonly credential: { readonly from: string; readonly to: string };
  readonly file: PcrlockFile;
  /** Values that were forecast, and those that systemd-pcrlock predicts from the same events. */
  readonly forecast: PcrVariants;
  readonly predicted: PcrVariants;
  /** What the NV index holds, as the TPM reads it out: algorithm and digest, lower-case hex. */
  readonly kept: string;
};

/**
 * Has systemd-pcrlock make a policy under which either of two releases may be booted. Where it runs nothing
 * has booted: the first release's events are replayed into the TPM's PCRs, which forget them at power-on, and
 * are its log; both releases' are its components.
 *
 * @param releases what is forecast, by names that sort as they stand
 * @param tpm with an SRK; its NV memory gets the index
 * @throws InfraError where a tool fails
 */
export async function makePcrlockPolicy(
  releases: Readonly<Record<string, Prediction>>,
  tpm: FirmwareState,
  context: FirmwareStateContext,
): Promise<PcrlockPolicy> {
  const { directory } = tpm;
  const measured = Object.entries(releases).map(
    ([name, { events }]): Release => ({ name, records: events.flatMap(recordOf) }),
  );
  const components = await layComponents(directory, measured);
  const first = measured[0]?.records ?? [];
  const log = await layLog(directory, first);
  await using served = await ServedTpm.start(tpm.tpm.state, directory, context);
  const extended = first.map(({ pcr, digests: [{ digest }] }) => `${pcr}:${BANK}=${digest}`);
  await served.run('tpm2_pcrextend', extended);
  const pcrlock = pcrlockOf(served, log, components);
  const path = directory.file('pcrlock.json');
  const predicted = await pcrlock('predict', '--json=short', '--no-pager');
  await pcrlock('make-policy', `--policy=${path}`, '--recovery-pin=hide');
  const file = readPcrlockFile(bytesSource(path, await readFile(path)));
  return {
    path,
    credential: await makeCredential(path, served, directory),
    file,
    forecast: variantsOf(Object.values(releases)),
    predicted: readPcrlockPrediction(bytesSource('predict', Buffer.from(predicted)), BANK),
    kept: await contentOf(file, served, tpm),
  };
}

/** What is forecast of a release, as systemd-pcrlock reads it. */
type Release = { readonly name: string; readonly records: readonly LogRecord[] };

/** One component, of which each release is a variant (systemd-pcrlock(8), FILES). */
async function layComponents(
  directory: RunDirectory,
  releases: readonly Release[],
): Promise<string> {
  const components = directory.file('pcrlock.d');
  const variants = `${components}/500-release.pcrlock.d`;
  await mkdir(variants, { recursive: true });
  for (const { name, records } of releases) {
    await writeFile(`${variants}/${name}.pcrlock`, JSON.stringify({ records }));
  }
  return components;
}

/** systemd's userspace log, a JSON text sequence (RFC 7464). */
async function layLog(directory: RunDirectory, records: readonly LogRecord[]): Promise<string> {
  const log = directory.file('tpm2-measure.log');
  await writeFile(log, records.map((record) => `\x1e${JSON.stringify(record)}\n`).join(''));
  return log;
}

/** systemd-pcrlock on a served TPM, with nothing of this host's. */
function pcrlockOf(served: ServedTpm, log: string, components: string) {
  const variables = [
    ...['SYSTEMD_MEASURE_LOG_FIRMWARE=/dev/null', `SYSTEMD_MEASURE_LOG_USERSPACE=${log}`],
    `SYSTEMD_TPM2_HASH_ALGORITHMS=${BANK}`,
  ];
  const from = [`--components=${components}`, `--pcr=${PCRS.join('+')}`];
  return (verb: string, ...args: readonly string[]): Promise<string> =>
    served.run('env', [...variables, PCRLOCK, ...from, verb, ...args]);
}

async function makeCredential(
  path: string,
  served: ServedTpm,
  directory: RunDirectory,
): Promise<PcrlockPolicy['credential']> {
  const from = directory.file(`${CREDENTIAL}.cred`);
  const named = ['--with-key=null', `--name=${CREDENTIAL}`];
  await served.run('systemd-creds', ['encrypt', ...named, path, from]);
  return { from, to: `${CREDENTIALS_FOLDER}/${CREDENTIAL}.cred` };
}

/** A record of systemd's userspace log, and of a component (systemd.pcrlock(5)). */
type LogRecord = {
  readonly pcr: number;
  readonly digests: readonly [{ readonly hashAlg: string; readonly digest: string }];
  readonly content_type: 'string';
  readonly content: { readonly string: string };
};

function recordOf({ pcr, digests, description }: MeasuredEvent): readonly LogRecord[] {
  const digest = digests[BANK];
  if (!PCRS.includes(pcr) || digest === undefined) return [];
  const content = { content_type: 'string', content: { string: description } } as const;
  return [{ pcr, digests: [{ hashAlg: BANK, digest }], ...content }];
}

/** The values of each PCR, each once. */
function variantsOf(releases: readonly Prediction[]): PcrVariants {
  const valuesOf = (pcr: number) => {
    const values = releases.map(({ banks }) => banks[BANK]?.[pcr]);
    return [...new Set(values.filter((value) => value !== undefined))];
  };
  return Object.fromEntries(PCRS.map((pcr) => [pcr, valuesOf(pcr)]));
}

async function contentOf(
  { nv }: PcrlockFile,
  served: ServedTpm,
  { directory }: FirmwareState,
): Promise<string> {
  await served.run('tpm2_nvread', ['-C', 'o', '-o', 'pcrlock.nv', `0x${nv.index.toString(16)}`]);
  return await readFile(directory.file('pcrlock.nv'), 'hex');
}
