import type { ByteSource } from '../../harness/bytes/source.ts';
import { signatureOf } from '../../harness/sev/cpu-types.ts';
import { type DirectLaunch, withOtherBit } from './launch-of.ts';

/** A launch that differs from a machine's in one thing. */
export type LaunchChange = { readonly what: string; readonly launch: DirectLaunch };

/** SEV_FEATURES: DebugSwap besides SNPActive (AMD 24593, B.3, SEV_FEATURES). */
const WITH_DEBUG_SWAP = 0x21n;

/** Everything that a launch digest is of, changed one by one. */
export function launchChanges(launch: DirectLaunch): readonly LaunchChange[] {
  const { firmware, boot, vcpus } = launch;
  const { kernel, initrd, cmdline = '' } = boot;
  const other = (what: string, change: Partial<DirectLaunch>): LaunchChange => ({
    what,
    launch: { ...launch, ...change },
  });
  const otherBoot = (what: string, change: Partial<DirectLaunch['boot']>): LaunchChange =>
    other(what, { boot: { ...boot, ...change } });
  const inTheMiddle = (file: ByteSource) => withOtherBit(file, file.size >> 1);
  const signature = signatureOf('EPYC-Genoa') ?? vcpus.signature;
  return [
    ...[0, firmware.size >> 1, firmware.size - 1].map((at) =>
      other(`the firmware with one bit changed at 0x${at.toString(16)}`, {
        firmware: withOtherBit(firmware, at),
      }),
    ),
    otherBoot('a kernel with one bit changed', { kernel: inTheMiddle(kernel) }),
    ...(initrd === undefined
      ? []
      : [
          otherBoot('an initrd with one bit changed', { initrd: inTheMiddle(initrd) }),
          otherBoot('no initrd', { initrd: undefined }),
        ]),
    otherBoot('a space at the end of the command line', { cmdline: `${cmdline} ` }),
    other('no hashes of kernel, initrd and command line', { kernelHashes: false }),
    other('one vCPU more', { vcpus: { ...vcpus, count: vcpus.count + 1 } }),
    other('another type of vCPU', { vcpus: { ...vcpus, signature } }),
    other('another SEV feature', { features: WITH_DEBUG_SWAP }),
  ];
}
