import type { CpuModel } from './cpu-types.ts';
import type { TcbLayout } from './tcb-version.ts';

/** Processors that make reports, as AMD's certificates name them. */
export type Product = 'Milan' | 'Genoa' | 'Turin';

/**
 * The product of a CPU (AMD 57230, VCEK Certificate and KDS Interface Specification: Genoa stands
 * for Bergamo and Siena as well).
 *
 * @returns absent where none is known
 */
export function productOf({ family, model }: Omit<CpuModel, 'stepping'>): Product | undefined {
  if (family === 0x19 && model <= 0x0f) return 'Milan';
  if (family === 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf))) {
    return 'Genoa';
  }
  if (family === 0x1a && model <= 0x1f) return 'Turin';
  return undefined;
}

/** The product of a VEK's product name, e.g. `Milan-B0`: its stepping and variants left aside. */
export function productNamed(productName: string): string {
  const [name = ''] = productName.split('-');
  return name === 'Bergamo' || name === 'Siena' ? 'Genoa' : name;
}

/** How a CPU family's TCB_VERSION is laid out; reports that do not name it are older than Turin. */
export function tcbLayoutOf(family: number | undefined): TcbLayout {
  return family !== undefined && family >= 0x1a ? 'turin' : 'milan';
}
