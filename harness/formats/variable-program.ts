import { guidBytes } from '../bytes/guid.ts';
import { encodeUtf16 } from '../bytes/utf16.ts';
import { makeEfiProgram, SECTION_FLAGS } from './efi-program.ts';
import { endLine, MachineCode, serialPort } from './machine-code.ts';

/** Begins every line of the program on the first serial port. */
const MARK = 'cvm-variable:';

/** QEMU takes no smaller file for a kernel. */
const QEMU_KERNEL_BYTES = 8192;

/** A variable that the program writes. */
export type VariableWrite = {
  readonly name: string;
  readonly guid: string;
  /** Attributes (UEFI 2.11, 8.2.1). */
  readonly attributes: number;
  readonly data: Uint8Array;
};

/**
 * A program that writes variables by the runtime services. For each it writes a line to the first serial
 * port with what GetVariable() returned before, what SetVariable() returned, and what GetVariable() returned
 * afterwards. It never returns.
 *
 * @param writes in this order
 * @see UEFI 2.11, 8.2
 */
export function makeVariableProgram(writes: readonly VariableWrite[]): Uint8Array {
  const code = programCode(writes);
  const data = Buffer.alloc(Math.max(code.length, QEMU_KERNEL_BYTES));
  data.set(code);
  return makeEfiProgram([{ name: '.text', data, flags: SECTION_FLAGS.code }]);
}

/** What became of one write: what the services returned. */
export type SeenWrite = {
  readonly before: bigint;
  readonly set: bigint;
  readonly after: bigint;
};

const LINE = new RegExp(`${MARK} ([0-9A-F]{16}) ([0-9A-F]{16}) ([0-9A-F]{16})`);

/**
 * What the program told of its writes.
 *
 * @param lines all lines of the port; those of others are passed over
 * @returns one for each write, as far as it was told of
 */
export function writesIn(lines: readonly string[]): readonly SeenWrite[] {
  return lines.flatMap((line) => {
    const [, before, set, after] = LINE.exec(line) ?? [];
    if (before === undefined) return [];
    const number = (hex = '') => BigInt(`0x${hex}`);
    return [{ before: number(before), set: number(set), after: number(after) }];
  });
}

/** Calling conventions as UEFI has them for x64 (UEFI 2.11, 2.3.4.2); it never returns. */
function programCode(writes: readonly VariableWrite[]): Uint8Array {
  const code = new MachineCode();
  code.bytes('53 56 48 81 ec 88 00 00 00'); // push rbx; push rsi; sub rsp,0x88: aligned
  code.bytes('48 8b 5a 58'); // mov rbx, [rdx+0x58]: SystemTable->RuntimeServices
  for (const [index, write] of writes.entries()) {
    getVariable(code, index);
    code.bytes('48 89 c6'); // mov rsi, rax
    setVariable(code, index, write);
    code.bytes('48 89 c7'); // mov rdi, rax
    getVariable(code, index);
    code.bytes('49 89 c5'); // mov r13, rax
    code.jump('e8', 'report');
  }
  code.bytes('f3 90 eb fc'); // pause; jmp -4
  report(code);
  serialPort(code, `\r\n${MARK}`);
  for (const [index, { name, guid, data }] of writes.entries()) {
    code.label(`name-${index}`);
    code.raw(encodeUtf16(`${name}\0`));
    code.label(`guid-${index}`);
    code.raw(guidBytes(guid));
    code.label(`data-${index}`);
    code.raw(data);
  }
  return code.assemble();
}

/** A value of up to 64 bytes goes to the stack; a longer one is there all the same. */
function getVariable(code: MachineCode, index: number): void {
  code.bytes('48 c7 44 24 30 40 00 00 00'); // mov qword [rsp+0x30], 64: DataSize
  nameAndGuid(code, index);
  code.bytes('45 31 c0 4c 8d 4c 24 30'); // xor r8d,r8d: Attributes; lea r9,[rsp+0x30]
  code.bytes('48 8d 44 24 40 48 89 44 24 20'); // lea rax,[rsp+0x40]; mov [rsp+0x20],rax: Data
  code.bytes('ff 53 48'); // call [rbx+0x48]: GetVariable
}

function setVariable(code: MachineCode, index: number, { attributes, data }: VariableWrite): void {
  nameAndGuid(code, index);
  code.bytes('41 b8'); // mov r8d, Attributes
  code.raw(number32(attributes));
  code.bytes('41 b9'); // mov r9d, DataSize
  code.raw(number32(data.length));
  code.ripLabel('48 8d 05', `data-${index}`); // lea rax, [data]
  code.bytes('48 89 44 24 20'); // mov [rsp+0x20], rax: Data
  code.bytes('ff 53 58'); // call [rbx+0x58]: SetVariable
}

function nameAndGuid(code: MachineCode, index: number): void {
  code.ripLabel('48 8d 0d', `name-${index}`); // lea rcx, [name]
  code.ripLabel('48 8d 15', `guid-${index}`); // lea rdx, [guid]
}

/** Writes the line of a write: rsi, rdi and r13 are what the services returned. */
function report(code: MachineCode): void {
  code.label('report');
  code.jump('e8', 'put-mark');
  for (const move of ['48 89 f0', '48 89 f8', '4c 89 e8']) {
    code.bytes(move); // mov rax, rsi | rdi | r13
    code.jump('e8', 'put-number');
  }
  endLine(code);
  code.bytes('c3');
}

function number32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
