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
  const places = [0, firmware.size >> 1, firmware.size - 1];
  const signature = signatureOf('EPYC-Genoa') ?? vcpus.signature;
  return [
    ...places.map((at) => ({
      what: `the firmware with one bit changed at 0x${at.toString(16)}`,
      launch: { ...launch, firmware: withOtherBit(firmware, at) },
    })),
    {
      what: 'a kernel with one bit changed',
      launch: { ...launch, boot: { ...boot, kernel: withOtherBit(kernel, kernel.size >> 1) } },
    },
    ...(initrd === undefined
      ? []
      : [
          {
            what: 'an initrd with one bit changed',
            launch: {
              ...launch,
              boot: { ...boot, initrd: withOtherBit(initrd, initrd.size >> 1) },
            },
          },
          { what: 'no initrd', launch: { ...launch, boot: { ...boot, initrd: undefined } } },
        ]),
    {
      what: 'a space at the end of the command line',
      launch: { ...launch, boot: { ...boot, cmdline: `${cmdline} ` } },
    },
    {
      what: 'no hashes of kernel, initrd and command line',
      launch: { ...launch, kernelHashes: false },
    },
    {
      what: 'one vCPU more',
      launch: { ...launch, vcpus: { ...vcpus, count: vcpus.count + 1 } },
    },
    { what: 'another type of vCPU', launch: { ...launch, vcpus: { ...vcpus, signature } } },
    { what: 'another SEV feature', launch: { ...launch, features: WITH_DEBUG_SWAP } },
  ];
}
