import { UsageError } from '../host/errors.ts';
import { TCB_PARTS, type TcbVersion } from '../sev/tcb-version.ts';

const USAGE = `--min-tcb: expected parts such as bootloader=3,tee=0,snp=8,microcode=115`;

/**
 * Least patch levels of a list such as `snp=8,microcode=115`.
 *
 * @throws UsageError where a part is unknown, named twice, or no number of 0 to 255
 */
export function parseMinTcb(text: string): Partial<TcbVersion> {
  const parts = text.split(',').map(parsePart);
  const names = parts.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new UsageError(`${USAGE}, each once`);
  return Object.fromEntries(parts);
}

function parsePart(text: string): readonly [string, number] {
  const [, name, level] = /^\s*([a-z]+)=(0x[0-9a-f]+|[0-9]+)\s*$/.exec(text.toLowerCase()) ?? [];
  const part = TCB_PARTS.find((known) => known === name);
  if (part === undefined || !(Number(level) <= 0xff)) {
    throw new UsageError(`${USAGE}, found "${text.slice(0, 64)}"`);
  }
  return [part, Number(level)];
}
