import { printable } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import { CPU_TYPES } from '../sev/cpu-types.ts';
import { type DigestExplanation, explainDigest, type TriedBoot } from '../sev/explain-digest.ts';
import {
  type DirectBoot,
  hashCommandLine,
  hashKernel,
  makeHashesTable,
  NO_INITRD_HASH,
} from '../sev/hashes-table.ts';
import {
  checkLaunch,
  directBoot,
  firmwareOf,
  type LaunchFiles,
  type LaunchFlags,
} from './launch-request.ts';
import { vcpuSignature } from './vcpu-signature.ts';

/** A launch digest that was seen, and what its report says of the CPU. */
export type ObservedDigest = {
  readonly digest: Uint8Array;
  /** CPUID signature of the host: what `-cpu host` shows. */
  readonly hostSignature?: number | undefined;
};

/** Inputs that give the digest, as `cvm launch-digest --explain --json` prints them. */
type Match = {
  readonly boot: string;
  readonly vmm?: string;
  readonly vcpus?: number;
  readonly vcpuSig?: string;
  /** QEMU's types with this signature. */
  readonly vcpuTypes?: readonly string[];
  readonly guestFeatures?: string;
  /** In which of them the launch was not as the flags say. */
  readonly differs: readonly string[];
};

/** What `cvm launch-digest --explain --json` prints. */
export type ExplainReport = {
  readonly mode: string;
  readonly observed: string;
  /** Those nearest to the flags first; none where something else differs, as the firmware. */
  readonly matches: readonly Match[];
};

/** SNPActive alone and with DebugSwap, SecureTSC, both, ReflectVC (AMD64 APM Vol. 2, 15.36). */
const FEATURES = [0x1n, 0x21n, 0x201n, 0x221n, 0x5n];

/** The boot that the flags describe. */
const AS_GIVEN = 'as given';

/**
 * The action behind `cvm launch-digest --explain`.
 *
 * @throws UsageError where the flags contradict each other, or the digest is not of the mode
 * @throws FormatError where the firmware lacks what a launch needs, or is damaged
 */
export function explainReport(
  flags: LaunchFlags,
  files: LaunchFiles,
  { digest, hostSignature }: ObservedDigest,
): ExplainReport {
  checkLaunch(flags, files);
  const { mode } = flags;
  if (mode === 'snp-ovmf-hash' || files.igvm !== undefined || files.svsm !== undefined) {
    throw new UsageError('--explain is for --mode snp, sev-es and sev without --igvm and --svsm');
  }
  const bytes = mode === 'snp' ? 48 : 32;
  if (digest.length !== bytes) {
    throw new UsageError(
      `--explain: a digest of --mode ${mode} has ${bytes} bytes, not ${digest.length}`,
    );
  }
  const asked = vcpuSignature(flags);
  const known = [asked, hostSignature, ...CPU_TYPES.values()].filter((one) => one !== undefined);
  const found = explainDigest({
    mode,
    firmware: firmwareOf(files),
    firmwareDigest: flags.ovmfHash,
    observed: digest,
    boots: triedBoots(directBoot(flags, files)),
    signatures: [...new Set(known)],
    features: [...new Set([flags.guestFeatures, ...FEATURES])],
  });
  const matches = found.map((one) => describe(one, flags, asked));
  const sorted = matches.toSorted((a, b) => a.differs.length - b.differs.length);
  return { mode, observed: toHex(digest), matches: sorted };
}

/** What people get wrong: the command line, the initrd, and whether there are hashes at all. */
function triedBoots(boot: DirectBoot<ByteSource> | undefined): readonly TriedBoot[] {
  const without = { what: boot === undefined ? AS_GIVEN : 'no table of hashes' };
  if (boot === undefined) return [without];
  const hashes = hashKernel(boot);
  const { cmdline = '' } = boot;
  const lines: readonly (readonly [string, string])[] = [
    [AS_GIVEN, cmdline],
    ['an empty command line', ''],
    ['a command line with a space behind', `${cmdline} `],
    ['a command line with a newline behind', `${cmdline}\n`],
    ['a command line without the space around', cmdline.trim()],
  ];
  const isFirst = (at: number, line: string) => lines.findIndex(([, one]) => one === line) === at;
  const tried = lines.flatMap(([what, line], at): readonly TriedBoot[] => {
    if (!isFirst(at, line)) return [];
    const withLine = { ...hashes, cmdline: hashCommandLine(line) };
    const table = { what, hashesTable: makeHashesTable(withLine) };
    if (boot.initrd === undefined) return [table];
    const bare = makeHashesTable({ ...withLine, initrd: NO_INITRD_HASH });
    const whatBare = what === AS_GIVEN ? 'no initrd' : `${what}, no initrd`;
    return [table, { what: whatBare, hashesTable: bare }];
  });
  return [...tried, without];
}

function describe(
  { boot, vmm, vcpus, signature, features }: DigestExplanation,
  flags: LaunchFlags,
  asked: number | undefined,
): Match {
  const isSeen = vmm === 'qemu' && signature !== undefined;
  const types = [...CPU_TYPES].flatMap(([type, one]) => (one === signature ? [type] : []));
  const differences = [
    boot.what !== AS_GIVEN && boot.what,
    vmm !== undefined && vmm !== flags.vmm && `--vmm ${vmm}`,
    vcpus !== undefined && vcpus !== flags.vcpus && `--vcpus ${vcpus}`,
    isSeen && signature !== asked && `--vcpu-sig ${hexNumber(signature)}`,
    features !== undefined &&
      features !== flags.guestFeatures &&
      `--guest-features ${hexNumber(features)}`,
  ];
  return {
    boot: boot.what,
    ...(vmm !== undefined && { vmm }),
    ...(vcpus !== undefined && { vcpus }),
    ...(isSeen && { vcpuSig: hexNumber(signature), vcpuTypes: types }),
    ...(features !== undefined && { guestFeatures: hexNumber(features) }),
    differs: differences.filter((one) => one !== false),
  };
}

function hexNumber(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** The report for people. */
export function renderExplanation({ mode, observed, matches }: ExplainReport): string {
  if (matches.length === 0) {
    return [
      `No inputs that were tried give the ${mode} digest ${observed}:`,
      'the firmware, the kernel, the initrd or the words of the command line are others.',
    ].join('\n');
  }
  return matches.map(renderMatch).join('\n');
}

function renderMatch({ boot, vmm, vcpus, vcpuSig, vcpuTypes, guestFeatures, differs }: Match) {
  const inputs = [
    `boot ${boot}`,
    vmm && `VMM ${vmm}`,
    vcpus && `${vcpus} vCPUs`,
    vcpuSig && `signature ${vcpuSig} (${vcpuTypes?.join(', ') || 'no type of QEMU'})`,
    guestFeatures && `features ${guestFeatures}`,
  ];
  const verdict = differs.length === 0 ? 'as asked' : `not as asked: ${differs.join('; ')}`;
  return printable(`${inputs.filter(Boolean).join(', ')}: ${verdict}`);
}
