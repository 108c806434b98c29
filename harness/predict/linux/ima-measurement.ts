import { findNode, type TreeNode } from '../../formats/file-tree.ts';
import { readKernelConfig } from '../../formats/kernel-config.ts';
import { assemblePrediction } from '../assemble-prediction.ts';
import { type Contribution, computed, learned, unknown } from '../contribution.ts';
import type { Forecast } from '../prediction.ts';
import { type OpenedSystem, orReason } from '../userspace/opened-system.ts';
import { bootAggregateEvent, imaStart } from './ima.ts';

const PCR = 10;

/** A rule in it has IMA measure files, in an order that no two boots share. */
const POLICY = '/etc/ima/ima-policy';

/** The first kernel that hashes what IMA measures anew for every bank. */
const FIRST_PER_BANK = [5, 8] as const;

/** Real ones have some 300 KB. */
const MAX_CONFIG_BYTES = 4 << 20;

/**
 * Forecasts what the kernel's IMA extends PCR 10 with, where the kernel's configuration stands in the
 * initrd or the root file system and asks for nothing but the firmware's PCRs.
 *
 * @param forecast which banks
 * @param system what was started from a UKI; absent where it was started without
 * @param boot all that the firmware and its programs measured
 * @param isSecureBoot whether Secure Boot is on
 */
export function predictIma(
  forecast: Forecast,
  system: OpenedSystem | undefined,
  boot: Contribution,
  isSecureBoot: boolean,
): Contribution {
  const start = system && orReason(() => ({ found: startOf(system, isSecureBoot) }));
  if (start === undefined || 'unknown' in start) return doubt(start?.unknown);
  const { found } = start;
  if (found === 'nothing') return computed();
  if ('unknown' in found) return doubt(found.unknown);
  const { banks } = assemblePrediction(boot, forecast.banks);
  const event = bootAggregateEvent(forecast, banks, found.template);
  if (event === undefined) return doubt('not all of PCR 0 to 9 are known');
  const isLearned = boot.events.some(({ pcr, basis }) => pcr < PCR && basis === 'learned');
  return isLearned ? learned(event) : computed(event);
}

function doubt(why: string | undefined): Contribution {
  const ima = 'IMA measures the PCRs of the firmware here, and files as its policy asks for';
  return unknown([PCR], why === undefined ? ima : `${ima}: ${why}`);
}

function startOf({ root, initrd, parameters }: OpenedSystem, isSecureBoot: boolean) {
  if ('unknown' in root) return root;
  const tree = root.volume.root;
  if (initrd === undefined) return { unknown: 'the initrd is not read' };
  if ([initrd, tree].some((one) => findNode(one, POLICY) !== undefined)) {
    return { unknown: `there is ${POLICY}` };
  }
  const release = kernelRelease(tree);
  if (release === undefined) return { unknown: 'which kernel it is' };
  const [config] = [initrd, tree].flatMap((one) => configOf(one, release));
  if (config === undefined) return { unknown: "the kernel's configuration is in no file" };
  return imaStart(readKernelConfig(config), parameters, isSecureBoot);
}

/** The one kernel that there are modules for; older ones, which extend every bank alike, do not count. */
function kernelRelease(tree: TreeNode): string | undefined {
  const folder = findNode(tree, '/usr/lib/modules');
  const names = folder?.kind === 'folder' ? folder.names() : [];
  const [release, ...others] = names.filter((name) => !name.startsWith('.'));
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})[^/]*$/.exec(release ?? '') ?? [];
  const isNew =
    Number(major) > FIRST_PER_BANK[0] ||
    (Number(major) === FIRST_PER_BANK[0] && Number(minor) >= FIRST_PER_BANK[1]);
  return others.length === 0 && isNew ? release : undefined;
}

/** @returns its text; none where it is not there, or not read */
function configOf(tree: TreeNode, release: string): readonly string[] {
  const paths = [`/usr/lib/modules/${release}/config`, `/boot/config-${release}`];
  for (const path of paths) {
    const node = findNode(tree, path);
    if (node?.kind !== 'file' || 'unread' in node.content) continue;
    const { content } = node;
    if (content.size > MAX_CONFIG_BYTES) continue;
    return [Buffer.from(content.read(0, content.size)).toString('latin1')];
  }
  return [];
}
