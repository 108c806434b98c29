import { createHash } from 'node:crypto';
import { type ByteSource, chunksOf } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { type ReferenceValues, referenceOfForecast } from '../reference/reference-values.ts';
import { signatureOf } from '../sev/cpu-types.ts';
import { type ForecastFlags, fileOf, forecast, type OpenBoot, openBoot } from './forecast.ts';
import { launchDigestReport } from './launch-digest.ts';
import type { LaunchFlags } from './launch-request.ts';
import { tellHashing } from './tell-hashing.ts';
import { TOOL } from './version.ts';

/** Flags of a boot to come, and of its launch. */
export type ForecastReferenceFlags = ForecastFlags &
  Omit<LaunchFlags, 'mode'> & {
    /** Left out: the launch digest is told where the machine description says that there is one. */
    readonly mode?: 'snp';
  };

/**
 * The reference values of a boot to come.
 *
 * @throws UsageError where the flags do not say what is booted, or not what its launch digest needs;
 *   FormatError where a file is damaged; UnbootableError where the firmware would boot nothing
 */
export async function forecastReference(flags: ForecastReferenceFlags): Promise<ReferenceValues> {
  using opened = new DisposableStack();
  const boot = await openBoot(flags, opened);
  const snpLaunchDigest = launchDigestOf(boot, flags);
  const prediction = await forecast(boot, flags);
  tellHashing([...boot.files.values()]);
  const files = [...boot.files].map(([path, source]) => ({ path, sha256: sha256Of(source) }));
  const values = referenceOfForecast(prediction, { tool: TOOL, phase: flags.phase, files });
  return snpLaunchDigest === undefined ? values : { ...values, snpLaunchDigest };
}

function sha256Of(source: ByteSource): string {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(source, 0, source.size, source.name)) hash.update(chunk);
  return hash.digest('hex');
}

function launchDigestOf(
  { machine, request, files }: OpenBoot,
  flags: ForecastReferenceFlags,
): string | undefined {
  if ((flags.mode ?? machine?.sev?.mode) === undefined) return undefined;
  const { boot } = request;
  const hasTable = boot.kind === 'kernel' && (machine?.sev?.kernelHashes ?? true);
  const direct = hasTable ? boot : undefined;
  const cmdline = direct?.cmdline;
  const launch: LaunchFlags = {
    ...flags,
    ...(machine !== undefined && vcpusOf(machine, flags)),
    mode: 'snp',
    ...(cmdline !== undefined && { cmdline }),
  };
  const open = (path: string | undefined) => (path === undefined ? path : fileOf(files, path));
  return launchDigestReport(launch, {
    firmware: open(request.firmware),
    kernel: open(direct?.kernel),
    initrd: open(direct?.initrd),
  }).digest;
}

/** A machine description says what the vCPUs are, where the flags do not. */
function vcpusOf({ name, cpu, vcpus }: Machine, flags: LaunchFlagsOfVcpu): Partial<LaunchFlags> {
  if ([flags.vcpuType, flags.vcpuSig, flags.vcpuFamily].some((flag) => flag !== undefined)) {
    return { vcpus };
  }
  if (signatureOf(cpu) !== undefined) return { vcpus, vcpuType: cpu };
  throw new UsageError(`${name}: "${cpu}" is no vCPU type with a signature: give --vcpu-type`);
}

type LaunchFlagsOfVcpu = Pick<LaunchFlags, 'vcpuType' | 'vcpuSig' | 'vcpuFamily'>;
