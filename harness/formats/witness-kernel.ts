import { makeStandInKernel } from './efi-program.ts';

/** What a {@link witnessKernel} writes to the first serial port, on a line of its own. */
export const WITNESS_KERNEL_LINE = 'cvm-witness: the kernel runs';

/** Calling conventions as UEFI has them for x64; the port is a 16550, whose line status is asked first. */
const CODE = Buffer.from(
  [
    '48 8d 35 1d 00 00 00', // lea rsi, [the text]
    'ac 84 c0 74 14', // next: lodsb; test al,al; jz end
    '88 c3 66 ba fd 03', // mov bl,al; mov dx,0x3fd
    'ec a8 20 74 fb', // wait: in al,dx; test al,0x20; jz wait
    '88 d8 66 ba f8 03 ee eb e7', // mov al,bl; mov dx,0x3f8; out dx,al; jmp next
    'f3 90 eb fc', // end: pause; jmp end
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
);

/**
 * A program that a UKI can have in the place of its kernel: it says on the first serial port that it runs,
 * and measures nothing. It never returns: whatever the firmware would start next it would measure.
 *
 * @returns a PE32+ image that is not signed
 */
export function witnessKernel(): Uint8Array {
  const text = Buffer.from(`\r\n${WITNESS_KERNEL_LINE}\r\n\0`, 'latin1');
  return makeStandInKernel(Buffer.concat([CODE, text]));
}
