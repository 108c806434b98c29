import { printable } from '../bytes/format-error.ts';
import { safeText } from '../measure/event-text.ts';
import { commandLineOf } from './command-line.ts';
import { type Content, describeContent } from './event-content.ts';
import type { Input } from './explanation.ts';
import { contentsIn, pairContents, type Side } from './paired-contents.ts';
import { partitionTableContent } from './partition-table-difference.ts';
import { signatureDatabaseContent } from './signature-database-difference.ts';

/** An input that must be another one for the prediction to be what was observed. */
export type InputChange = { readonly input: Input; readonly sentence: string };

/** Boot loaders and the boot manager's attempts (TCG PC Client PFP 1.06, 3.3.4.5). */
const BOOT_MANAGER_PCR = 4;

/** TPM2_PCR_KERNEL_BOOT (UAPI Group, Linux TPM PCR Registry). */
const KERNEL_BOOT_PCR = 11;

/**
 * Says which inputs of a prediction must change so that it fits a log, where the log decides it. What
 * it leaves open, such as why ACPI tables differ by their digests, is not guessed.
 *
 * @param pcrs the PCRs that differ
 * @param predicted the forecast
 * @param observed what a boot logged
 */
export function fitInputs(
  pcrs: readonly number[],
  predicted: Side,
  observed: Side,
): readonly InputChange[] {
  const changes = pcrs.flatMap((pcr) => [
    ...changesIn(pcr, predicted, observed),
    ...(pcr === BOOT_MANAGER_PCR ? bootWayChange(predicted, observed) : []),
    ...(pcr === KERNEL_BOOT_PCR ? phaseChange(predicted, observed) : []),
  ]);
  return [...new Map(changes.map((change) => [change.sentence, change])).values()];
}

function changesIn(pcr: number, predicted: Side, observed: Side): readonly InputChange[] {
  return pairContents(pcr, predicted, observed).flatMap(({ a, b }) => {
    if (b) return neededFor(b, a ?? undefined);
    return a ? tooMuch(a) : [];
  });
}

/** What the inputs must be for an event that was observed. */
function neededFor(seen: Content, expected: Content | undefined): readonly InputChange[] {
  switch (seen.kind) {
    case 'variable':
      return seen.bytes === undefined ? [] : [variableChange(safeText(seen.name), seen.bytes)];
    case 'partition table':
      return seen.bytes === undefined ? [] : [diskChange(seen.bytes, expected)];
    case 'firmware version':
      return [{ input: 'firmware', sentence: `use the firmware ${describeContent(seen)}` }];
    case 'image':
      return expected === undefined ? [] : [imageChange(seen)];
    case 'section':
      return [sectionChange(seen)];
    case 'command line':
      return commandLineChange(seen);
    default:
      return [];
  }
}

function diskChange(table: Uint8Array, expected: Content | undefined): InputChange {
  const how = expected === undefined ? 'boot from a disk' : 'boot from another disk';
  return { input: 'disk', sentence: `${how}: ${partitionTableContent(table)}` };
}

/** An image that is started besides others may follow from another of them, and says nothing alone. */
function imageChange(seen: Content): InputChange {
  const digest = digestText(seen.event.digests);
  const sentence = `start ${describeContent(seen)} with the Authenticode digest ${digest}`;
  return { input: 'boot image', sentence };
}

function sectionChange({ name, bytes, event }: Content): InputChange {
  const what = bytes
    ? `is: ${safeText(Buffer.from(bytes).toString('utf8'))}`
    : `has the digest ${digestText(event.digests)}`;
  return { input: 'UKI', sentence: `use a UKI whose ${safeText(name)} ${what}` };
}

function commandLineChange(seen: Content): readonly InputChange[] {
  const text = commandLineOf(seen);
  if (text === undefined) return [];
  const how = seen.event.type === 'EV_IPL' ? 'give' : 'use';
  return [{ input: 'command line', sentence: `${how} the command line: ${safeText(text)}` }];
}

/** What the inputs must not have, for an event that was not observed. */
function tooMuch({ kind, name, event }: Content): readonly InputChange[] {
  switch (kind) {
    case 'partition table':
      return [{ input: 'disk', sentence: 'boot without a GPT disk: -kernel, or another medium' }];
    case 'section name':
      return [{ input: 'UKI', sentence: `use a UKI without ${safeText(name)}` }];
    case 'command line':
      return event.type === 'EV_IPL'
        ? [{ input: 'command line', sentence: 'give the UKI no command line of its own' }]
        : [];
    default:
      return [];
  }
}

function variableChange(name: string, value: Uint8Array): InputChange {
  if (name !== 'SecureBoot') {
    const sentence =
      value.length === 0
        ? `the variable store must have no ${name}`
        : `the variable store needs ${name} with ${signatureDatabaseContent(value)}`;
    return { input: 'variable store', sentence };
  }
  if (value.length === 0) {
    return { input: 'firmware', sentence: 'use a firmware that was built without Secure Boot' };
  }
  const state = value[0] === 1 ? 'on' : 'off';
  return { input: 'variable store', sentence: `the variable store needs Secure Boot ${state}` };
}

/** OVMF measures the image of QEMU's -kernel before it is ready to boot, one of a disk after that. */
function bootWayChange(predicted: Side, observed: Side): readonly InputChange[] {
  const [expected, seen] = [bootsKernel(predicted), bootsKernel(observed)];
  if (expected === undefined || seen === undefined || expected === seen) return [];
  const sentence = seen
    ? 'boot the image with -kernel, not from a disk'
    : 'boot from a disk, not with -kernel';
  return [{ input: 'machine', sentence }];
}

function bootsKernel(side: Side): boolean | undefined {
  const contents = contentsIn(BOOT_MANAGER_PCR, side);
  const image = contents.findIndex(({ kind }) => kind === 'image');
  const closed = contents.findIndex(({ event }) => event.type === 'EV_SEPARATOR');
  return image === -1 || closed === -1 ? undefined : image < closed;
}

/** The phases show in the log of systemd; without it nothing can be said of them. */
function phaseChange(predicted: Side, observed: Side): readonly InputChange[] {
  const [expected, seen] = [phasesOf(predicted), phasesOf(observed)];
  if (expected.join() === seen.join()) return [];
  const sentence = `${whatOfPhases(expected, seen)}: --phase '${printable(seen.join(':'))}'`;
  return [{ input: 'phases', sentence }];
}

function whatOfPhases(expected: readonly string[], seen: readonly string[]): string {
  const parting = seen.findIndex((word, at) => word !== expected[at]);
  if (parting === expected.length) return 'systemd went on';
  if (parting !== -1) return 'systemd went through other phases';
  const [last, next] = [seen.at(-1), expected[seen.length]];
  if (last === undefined) {
    return `the PCRs were read before ${next}, or the log is the firmware's alone`;
  }
  return `the PCRs were read after ${printable(last)}, before ${next}`;
}

function phasesOf(side: Side): readonly string[] {
  return contentsIn(KERNEL_BOOT_PCR, side)
    .filter(({ event }) => event.type === 'phase')
    .map(({ name }) => name);
}

function digestText(digests: Content['event']['digests']): string {
  const [bank, digest] = Object.entries(digests).at(-1) ?? [];
  return bank === undefined ? 'that was logged' : `${bank} ${digest}`;
}
