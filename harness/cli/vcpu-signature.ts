import { UsageError } from '../host/errors.ts';
import { cpuSignature, nearestCpuTypes, signatureOf } from '../sev/cpu-types.ts';

/** The three ways to say what a guest's vCPUs are. */
export type VcpuFlags = {
  readonly vcpuType?: string;
  readonly vcpuSig?: number;
  readonly vcpuFamily?: number;
  readonly vcpuModel?: number;
  readonly vcpuStepping?: number;
};

/**
 * CPUID Fn0000_0001_EAX of the guest's vCPUs.
 *
 * @returns absent where the flags do not say
 * @throws UsageError where they say it twice or by halves, or name a type that is none
 */
export function vcpuSignature(flags: VcpuFlags): number | undefined {
  const { vcpuType: type, vcpuSig: signature } = flags;
  const { vcpuFamily: family, vcpuModel: model, vcpuStepping: stepping } = flags;
  const hasModel = [family, model, stepping].some((part) => part !== undefined);
  const ways = [type !== undefined, signature !== undefined, hasModel].filter(Boolean);
  if (ways.length > 1) {
    throw new UsageError('give one of --vcpu-type, --vcpu-sig and --vcpu-family, not several');
  }
  if (type !== undefined) return signatureOfType(type);
  if (!hasModel) return signature;
  if (family === undefined || model === undefined || stepping === undefined) {
    throw new UsageError('--vcpu-family, --vcpu-model and --vcpu-stepping go together');
  }
  return cpuSignature({ family, model, stepping });
}

function signatureOfType(type: string): number {
  const signature = signatureOf(type);
  if (signature !== undefined) return signature;
  const nearest = nearestCpuTypes(type).join(', ');
  throw new UsageError(`no vCPU type "${type.slice(0, 64)}"; the nearest are: ${nearest}`);
}
