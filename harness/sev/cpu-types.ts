import { nearestNames } from '../bytes/nearest-name.ts';

/** What CPUID Fn0000_0001_EAX says of a vCPU, in its three numbers with the extended parts added in. */
export type CpuModel = {
  /** 0 to 270. */
  readonly family: number;
  /** 0 to 255. */
  readonly model: number;
  /** 0 to 15. */
  readonly stepping: number;
};

/** Family, model and stepping by QEMU's name, and how many versions QEMU has (target/i386/cpu.c). */
const FAMILIES: readonly (CpuModel & { readonly name: string; readonly versions: number })[] = [
  { name: 'EPYC', versions: 5, family: 23, model: 1, stepping: 2 },
  { name: 'EPYC-Rome', versions: 5, family: 23, model: 49, stepping: 0 },
  { name: 'EPYC-Milan', versions: 3, family: 25, model: 1, stepping: 1 },
  { name: 'EPYC-Genoa', versions: 2, family: 25, model: 17, stepping: 0 },
  { name: 'EPYC-Turin', versions: 1, family: 26, model: 0, stepping: 0 },
];

/** QEMU's alias of EPYC-v2. */
const ALIASES: readonly (readonly [string, number])[] = [
  ['EPYC-IBPB', cpuSignature({ family: 23, model: 1, stepping: 2 })],
];

/** Signature by vCPU type, for every type of QEMU that can be an SEV guest's. */
export const CPU_TYPES: ReadonlyMap<string, number> = new Map([
  ...FAMILIES.flatMap(({ name, versions, ...cpu }) => {
    const numbered = Array.from({ length: versions }, (_, index) => `${name}-v${index + 1}`);
    return [name, ...numbered].map((type): [string, number] => [type, cpuSignature(cpu)]);
  }),
  ...ALIASES,
]);

/**
 * The signature that CPUID Fn0000_0001_EAX gives (AMD 25481, CPUID Specification).
 *
 * @throws RangeError where a number does not fit: a mistake of the caller
 */
export function cpuSignature({ family, model, stepping }: CpuModel): number {
  if (!fits(family, 0x10e) || !fits(model, 0xff) || !fits(stepping, 0xf)) {
    throw new RangeError(`no CPU has family ${family}, model ${model}, stepping ${stepping}`);
  }
  const base = Math.min(family, 0xf);
  const parts = [family - base, model >> 4, base, model & 0xf, stepping];
  const shifts = [20, 16, 8, 4, 0];
  return parts.reduce((sum, part, index) => sum | (part << (shifts[index] ?? 0)), 0);
}

/** Family, model and stepping of a signature: the inverse of {@link cpuSignature}. */
export function cpuModel(signature: number): CpuModel {
  const base = (signature >> 8) & 0xf;
  return {
    family: base === 0xf ? base + ((signature >> 20) & 0xff) : base,
    model: (((signature >> 16) & 0xf) << 4) | ((signature >> 4) & 0xf),
    stepping: signature & 0xf,
  };
}

/** The signature of a vCPU type, in either case as QEMU's names are told apart without it. */
export function signatureOf(type: string): number | undefined {
  const wanted = type.toLowerCase();
  for (const [name, signature] of CPU_TYPES) {
    if (name.toLowerCase() === wanted) return signature;
  }
  return undefined;
}

/** The vCPU types whose names are most like a name that is none, best first. */
export function nearestCpuTypes(name: string, count = 3): readonly string[] {
  return nearestNames(name, CPU_TYPES.keys(), count);
}

function fits(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}
