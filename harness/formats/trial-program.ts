import {
  makeEfiProgram,
  type ProgramSection,
  SECTION_FLAGS,
  sectionAddresses,
} from './efi-program.ts';
import { endLine, MachineCode, serialPort } from './machine-code.ts';

/** What a program of a trial returns: proof that its own code ran. An error, by its highest bit. */
export const WITNESS_STATUS = 0xc0de_ca11_ab1e_0001n;

/** Begins every line of the conductor on the first serial port. */
export const TRIAL_MARK = 'cvm-trial';

/** SBAT metadata of the programs; shim refuses a second stage without any. */
const SBAT = [
  'sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md',
  'cvm-conformance,1,cvm-conformance,trial,1,https://example.org/cvm-conformance',
  '',
].join('\n');

/**
 * The sections of a program that does nothing but return {@link WITNESS_STATUS}.
 *
 * @param sbat its SBAT metadata
 */
export function witnessSections(sbat = SBAT): readonly ProgramSection[] {
  const code = Buffer.alloc(11);
  code.set([0x48, 0xb8]); // mov rax, imm64
  code.writeBigUInt64LE(WITNESS_STATUS, 2);
  code[10] = 0xc3; // ret
  return [
    { name: '.text', data: code, flags: SECTION_FLAGS.code },
    { name: '.sbat', data: Buffer.from(sbat), flags: SECTION_FLAGS.readOnly },
  ];
}

/**
 * The program that has images loaded and started one after the other by LoadImage() and StartImage() of
 * whoever offers them: the firmware, or shim in its place. For each it writes a line to the first serial
 * port: {@link TRIAL_MARK}, the number of the image, what LoadImage() returned, and what StartImage()
 * returned, or all ones where it was not called; 16 hexadecimal digits each. It never returns: whatever the
 * firmware would start next it would measure.
 *
 * @param images the images as they are to be loaded, none of them empty
 * @see UEFI 2.11, 7.4.1 (EFI_BOOT_SERVICES.LoadImage) and 7.4.2
 */
export function makeConductor(images: readonly Uint8Array[]): Uint8Array {
  const data = tableOf(images);
  const sections = (code: Uint8Array): readonly ProgramSection[] => [
    { name: '.text', data: code, flags: SECTION_FLAGS.code },
    { name: '.sbat', data: Buffer.from(SBAT), flags: SECTION_FLAGS.readOnly },
    { name: '.trials', data, flags: SECTION_FLAGS.readOnly },
  ];
  const [text = 0, , table = 0] = sectionAddresses(sections(conductorCode(0)));
  return makeEfiProgram(sections(conductorCode(table - text)));
}

/** Offset and size of each image, 4 bytes each, little-endian; then zeros, then the images. */
function tableOf(images: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(8 * (images.length + 1));
  const bodies: Buffer[] = [];
  let offset = head.length;
  for (const [index, image] of images.entries()) {
    const body = Buffer.alloc(Math.ceil(image.length / 16) * 16);
    body.set(image);
    head.writeUInt32LE(offset, 8 * index);
    head.writeUInt32LE(image.length, 8 * index + 4);
    bodies.push(body);
    offset += body.length;
  }
  return Buffer.concat([head, ...bodies]);
}

/** Media device path of a file that is nowhere, and its end (UEFI 2.11, 10.3.5.4). */
const DEVICE_PATH = Buffer.concat([
  Buffer.from([4, 4, 4 + 24, 0]),
  Buffer.from('\\trial.efi\0\0', 'utf16le').subarray(0, 24),
  Buffer.from([0x7f, 0xff, 4, 0]),
]);

/**
 * The conductor in machine code, calling conventions as UEFI has them for x64 (UEFI 2.11, 2.3.4.2).
 *
 * @param toTable bytes from the beginning of the code to the table of images
 */
function conductorCode(toTable: number): Uint8Array {
  const code = new MachineCode();
  loadAndStart(code, toTable);
  report(code);
  serialPort(code, TRIAL_MARK);
  code.label('path');
  code.raw(DEVICE_PATH);
  return code.assemble();
}

/** Goes through the table; r13 and r14 are what the two services return. */
function loadAndStart(code: MachineCode, toTable: number): void {
  code.bytes('53 56 57 41 54 41 55 41 56 41 57 48 83 ec 50'); // push seven; sub rsp,0x50: aligned
  code.bytes('49 89 cc'); // mov r12, rcx: ImageHandle
  code.bytes('48 8b 5a 60'); // mov rbx, [rdx+0x60]: SystemTable->BootServices
  code.rip('48 8d 35', toTable); // lea rsi, [table]
  code.bytes('45 31 ff'); // xor r15d, r15d: number of the image
  code.label('next');
  code.bytes('8b 06 8b 56 04 85 d2'); // mov eax,[rsi]; mov edx,[rsi+4]; test edx,edx
  code.jump('0f 84', 'end'); // jz end
  code.rip('4c 8d 0d', toTable); // lea r9, [table]
  code.bytes('49 01 c1'); // add r9, rax: SourceBuffer
  code.bytes('48 89 54 24 20'); // mov [rsp+0x20], rdx: SourceSize
  code.bytes('48 8d 44 24 30 48 89 44 24 28'); // lea rax,[rsp+0x30]; mov [rsp+0x28],rax: ImageHandle
  code.bytes('48 c7 44 24 30 00 00 00 00'); // mov qword [rsp+0x30], 0
  code.bytes('31 c9 4c 89 e2'); // xor ecx,ecx: BootPolicy; mov rdx,r12: ParentImageHandle
  code.ripLabel('4c 8d 05', 'path'); // lea r8, [path]: DevicePath
  code.bytes('ff 93 c8 00 00 00'); // call [rbx+0xc8]: LoadImage
  code.bytes('49 89 c5 49 83 ce ff'); // mov r13,rax; or r14,-1
  code.bytes('48 85 c0'); // test rax, rax
  code.jump('0f 85', 'report'); // jnz report
  code.bytes('48 8b 4c 24 30 31 d2 45 31 c0'); // mov rcx,[rsp+0x30]; xor edx,edx; xor r8d,r8d
  code.bytes('ff 93 d0 00 00 00'); // call [rbx+0xd0]: StartImage
  code.bytes('49 89 c6'); // mov r14, rax
}

/** Writes the line of an image, and goes on to the next one. */
function report(code: MachineCode): void {
  code.label('report');
  code.jump('e8', 'put-mark'); // call put-mark
  for (const move of ['4c 89 f8', '4c 89 e8', '4c 89 f0']) {
    code.bytes(move); // mov rax, r15 | r13 | r14
    code.jump('e8', 'put-number');
  }
  endLine(code);
  code.bytes('41 ff c7 48 83 c6 08'); // inc r15d; add rsi, 8
  code.jump('e9', 'next');
  code.label('end');
  code.bytes('f3 90 eb fc'); // pause; jmp -4: nothing is to be measured any more
}

/** What became of one image: what LoadImage() and StartImage() returned. */
export type Trial = { readonly load: bigint; readonly start: bigint };

const LINE = new RegExp(`${TRIAL_MARK} ([0-9A-F]{16}) ([0-9A-F]{16}) ([0-9A-F]{16})`);

/**
 * What a conductor wrote to the serial port.
 *
 * @param lines all lines of the port; those of others are passed over
 * @returns what became of each image, up to the first whose line did not come
 */
export function trialsIn(lines: readonly string[]): readonly Trial[] {
  const all = numbered(lines);
  return all.slice(0, firstGap(all)).map(({ load, start }) => ({ load, start }));
}

/**
 * The first image whose line is not there although a later one is: a port of which nobody reads for
 * a while loses bytes.
 *
 * @param lines all lines of the port
 * @returns its number; `undefined` where none is missing
 */
export function lostTrial(lines: readonly string[]): number | undefined {
  return firstGap(numbered(lines));
}

type NumberedTrial = Trial & { readonly number: number };

function firstGap(all: readonly NumberedTrial[]): number | undefined {
  const gap = all.findIndex(({ number }, index) => number !== index);
  return gap < 0 ? undefined : gap;
}

function numbered(lines: readonly string[]): readonly NumberedTrial[] {
  return lines.flatMap((line) => {
    const [, number, load, start] = LINE.exec(line) ?? [];
    if (number === undefined) return [];
    return [
      {
        number: Number.parseInt(number, 16),
        load: BigInt(`0x${load}`),
        start: BigInt(`0x${start}`),
      },
    ];
  });
}
