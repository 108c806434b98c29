/**
 * Subroutines that write to the first serial port: `put` the character in al, `put-number` a blank and
 * rax in 16 hexadecimal digits, `put-mark` the mark of the program's lines. They change rax, rcx and flags alone.
 *
 * @param mark of ASCII characters, behind the code
 */
export function serialPort(code: MachineCode, mark: string): void {
  code.label('put-mark');
  code.bytes('57'); // push rdi
  code.ripLabel('48 8d 3d', 'mark'); // lea rdi, [mark]
  code.label('mark-character');
  code.bytes('8a 07 84 c0'); // mov al,[rdi]; test al,al
  code.jump('0f 84', 'mark-end'); // jz mark-end
  code.jump('e8', 'put');
  code.bytes('48 ff c7'); // inc rdi
  code.jump('e9', 'mark-character');
  code.label('mark-end');
  code.bytes('5f c3'); // pop rdi; ret
  code.label('put-number'); // a blank, then rax in hexadecimal
  code.bytes('50 b0 20'); // push rax; mov al, ' '
  code.jump('e8', 'put');
  code.bytes('58 b9 10 00 00 00'); // pop rax; mov ecx, 16
  code.label('digit');
  code.bytes('48 c1 c0 04 50 24 0f 3c 0a'); // rol rax,4; push rax; and al,15; cmp al,10
  code.bytes('72 02 04 07 04 30'); // jb +2; add al,7; add al,'0'
  code.jump('e8', 'put');
  code.bytes('58 ff c9'); // pop rax; dec ecx
  code.jump('0f 85', 'digit'); // jnz digit
  code.bytes('c3');
  code.label('put'); // writes al when the port is ready (16550: line status, bit 5)
  code.bytes('52 50 66 ba fd 03'); // push rdx; push rax; mov dx,0x3fd
  code.label('wait');
  code.bytes('ec a8 20'); // in al,dx; test al,0x20
  code.jump('0f 84', 'wait');
  code.bytes('58 66 ba f8 03 ee 5a c3'); // pop rax; mov dx,0x3f8; out dx,al; pop rdx; ret
  code.label('mark');
  code.raw(Buffer.from(`${mark}\0`, 'latin1'));
}

/** Ends a line on the serial port, by the subroutines of {@link serialPort}. */
export function endLine(code: MachineCode): void {
  code.bytes('b0 0d'); // mov al, CR
  code.jump('e8', 'put');
  code.bytes('b0 0a'); // mov al, LF
  code.jump('e8', 'put');
}

/** Machine code for x86-64 with labels that are resolved at the end. */
export class MachineCode {
  readonly #parts: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #uses: { readonly at: number; readonly label: string }[] = [];

  /** @param hex two hexadecimal digits a byte, with blanks between them */
  bytes(hex: string): void {
    this.raw(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  }

  /** Appends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#parts.push(...bytes);
  }

  /** Names the place where the next instruction will stand. */
  label(name: string): void {
    this.#labels.set(name, this.#parts.length);
  }

  /** An instruction that ends with a 32-bit distance to a label. */
  jump(opcode: string, label: string): void {
    this.bytes(opcode);
    this.#uses.push({ at: this.#parts.length, label });
    this.raw(new Uint8Array(4));
  }

  /** The same, as an address relative to the instruction pointer. */
  ripLabel(opcode: string, label: string): void {
    this.jump(opcode, label);
  }

  /** An instruction that ends with the distance to a place that is counted from the code's beginning. */
  rip(opcode: string, target: number): void {
    this.bytes(opcode);
    const distance = Buffer.alloc(4);
    distance.writeInt32LE(target - (this.#parts.length + 4));
    this.raw(distance);
  }

  /** @throws TypeError where an instruction leads to a label that is nowhere */
  assemble(): Uint8Array {
    const code = Buffer.from(this.#parts);
    for (const { at, label } of this.#uses) {
      const target = this.#labels.get(label);
      if (target === undefined) throw new TypeError(`no label ${label}`);
      code.writeInt32LE(target - (at + 4), at);
    }
    return code;
  }
}
