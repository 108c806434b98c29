import { makeStandInKernel } from './efi-program.ts';
import { endLine, MachineCode, serialPort } from './machine-code.ts';

/** Begins the program's line on the first serial port. */
const MARK = 'cvm-load-options:';

/** EFI_LOADED_IMAGE_PROTOCOL (UEFI 2.11, 9.1.1). */
const LOADED_IMAGE = Buffer.from('a1311b5b6295d2118e3f00a0c969723b', 'hex');

/**
 * A program that stands where a kernel would, and writes the load options that it is started with to the
 * first serial port: what would be the kernel's command line. It goes no further, and never returns.
 */
export function makeLoadOptionsProgram(): Uint8Array {
  return makeStandInKernel(programCode());
}

/**
 * The load options that a program told of.
 *
 * @param lines all lines of the serial port
 * @returns `undefined` where none was started
 */
export function loadOptionsIn(lines: readonly string[]): string | undefined {
  const line = lines.findLast((one) => one.includes(MARK));
  return line?.slice(line.indexOf(MARK) + MARK.length).trimEnd();
}

/** Calling conventions as UEFI has them for x64 (UEFI 2.11, 2.3.4.2). */
function programCode(): Uint8Array {
  const code = new MachineCode();
  code.bytes('53 48 83 ec 30'); // push rbx; sub rsp,0x30: aligned
  code.bytes('48 8b 5a 60'); // mov rbx, [rdx+0x60]: SystemTable->BootServices
  code.ripLabel('48 8d 15', 'protocol'); // lea rdx, [protocol]
  code.bytes('4c 8d 44 24 28'); // lea r8, [rsp+0x28]
  code.bytes('ff 93 98 00 00 00'); // call [rbx+0x98]: HandleProtocol
  code.bytes('48 8b 44 24 28'); // mov rax, [rsp+0x28]
  code.bytes('48 8b 70 38 44 8b 40 30'); // mov rsi,[rax+0x38]: LoadOptions; mov r8d,[rax+0x30]: their size
  code.jump('e8', 'put-mark');
  code.label('character'); // of two bytes; what is told is ASCII
  code.bytes('45 85 c0'); // test r8d, r8d
  code.jump('0f 84', 'end');
  code.bytes('8a 06 84 c0'); // mov al,[rsi]; test al,al
  code.jump('0f 84', 'end');
  code.jump('e8', 'put');
  code.bytes('48 83 c6 02 41 83 e8 02'); // add rsi,2; sub r8d,2
  code.jump('e9', 'character');
  code.label('end');
  endLine(code);
  code.bytes('f3 90 eb fc'); // pause; jmp -4
  serialPort(code, `\r\n${MARK}`);
  code.label('protocol');
  code.raw(LOADED_IMAGE);
  return code.assemble();
}
