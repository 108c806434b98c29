import { Cursor } from '../bytes/cursor.ts';
import { InfraError } from '../host/errors.ts';
import type { Qtest } from './qtest.ts';

/** A file of QEMU's firmware configuration device. */
export type FwCfgFile = {
  readonly name: string;
  readonly selector: number;
  /** Bytes. */
  readonly size: number;
};

/** Selector and layout of the directory, and the DMA interface: QEMU, docs/specs/fw_cfg.rst. */
const DIRECTORY = 0x19;
const COUNT_BYTES = 4;
const ENTRY_BYTES = 64;
const NAME_BYTES = 56;
const DMA_HIGH_PORT = 0x514;
const DMA_LOW_PORT = 0x518;
const DMA_READ = 0x02;
const DMA_SELECT = 0x08;
const DMA_WRITE = 0x10;

/** Memory that is there in every machine, and that nobody else uses as no processor runs. */
const REQUEST_ADDRESS = 0x100000;
const DATA_ADDRESS = 0x200000;

/** Reads and writes QEMU's firmware configuration device, as firmware does, through its DMA interface. */
export class FwCfg {
  readonly #qtest: Qtest;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends every wait */
  constructor(qtest: Qtest, signal?: AbortSignal) {
    this.#qtest = qtest;
    this.#signal = signal;
  }

  /**
   * All files, with their sizes of this moment.
   *
   * @throws InfraError where QEMU breaks; StageTimeout where it is silent
   */
  async files(): Promise<readonly FwCfgFile[]> {
    const count = readCursor(await this.#read(DIRECTORY, COUNT_BYTES)).u32('count');
    const all = readCursor(await this.#read(DIRECTORY, COUNT_BYTES + count * ENTRY_BYTES));
    all.take(COUNT_BYTES, 'count');
    return Array.from({ length: count }, () => readEntry(all.sub(ENTRY_BYTES, 'entry')));
  }

  /**
   * A file's bytes, where there is one of that name.
   *
   * @throws InfraError where QEMU breaks; StageTimeout where it is silent
   */
  async find(name: string): Promise<Uint8Array | undefined> {
    const file = (await this.files()).find((one) => one.name === name);
    return file && (await this.read(file));
  }

  /**
   * A file's bytes.
   *
   * @throws InfraError where QEMU breaks; StageTimeout where it is silent
   */
  async read({ selector, size }: FwCfgFile): Promise<Uint8Array> {
    return size === 0 ? new Uint8Array() : await this.#read(selector, size);
  }

  /**
   * Writes a file from its first byte on.
   *
   * @throws InfraError where QEMU breaks, or has no such file to be written; StageTimeout where it
   *   is silent
   */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const file = (await this.files()).find((one) => one.name === name);
    if (file === undefined) throw missing(name);
    const data = `b64write ${DATA_ADDRESS} ${bytes.length} ${Buffer.from(bytes).toString('base64')}`;
    const request = dmaRequest(file.selector, DMA_WRITE, bytes.length);
    const replies = await this.#qtest.run([data, ...request], this.#signal);
    checkDone(replies.at(-1));
  }

  async #read(selector: number, length: number): Promise<Uint8Array> {
    const request = dmaRequest(selector, DMA_READ, length);
    const data = `b64read ${DATA_ADDRESS} ${length}`;
    const replies = await this.#qtest.run([...request, data], this.#signal);
    checkDone(replies.at(-2));
    return new Uint8Array(Buffer.from(replies.at(-1) ?? '', 'base64'));
  }
}

/** What QEMU does not offer to the firmware. */
export function missing(name: string): InfraError {
  return new InfraError({ tool: 'fw_cfg', problem: `has no file ${name}` });
}

/** The commands of one transfer; the last one's reply shows how it went. */
function dmaRequest(selector: number, operation: number, length: number): readonly string[] {
  const request = Buffer.alloc(16);
  request.writeUInt32BE(selector * 0x10000 + DMA_SELECT + operation, 0);
  request.writeUInt32BE(length, 4);
  request.writeBigUInt64BE(BigInt(DATA_ADDRESS), 8);
  return [
    `b64write ${REQUEST_ADDRESS} ${request.length} ${request.toString('base64')}`,
    `outl ${DMA_HIGH_PORT} 0`,
    `outl ${DMA_LOW_PORT} ${bigEndian(REQUEST_ADDRESS)}`,
    `readl ${REQUEST_ADDRESS}`,
  ];
}

function bigEndian(value: number): number {
  return Buffer.from(Uint32Array.of(value).buffer).readUInt32BE();
}

/** QEMU clears the request's control word when it is done, or sets its error bit. */
function checkDone(control: string | undefined): void {
  if (Number(control) === 0) return;
  throw new InfraError({ tool: 'fw_cfg', problem: `failed a transfer: ${control}` });
}

function readCursor(bytes: Uint8Array): Cursor {
  return new Cursor('fw_cfg', bytes, 'big');
}

function readEntry(entry: Cursor): FwCfgFile {
  const size = entry.u32('size');
  const selector = entry.u16('selector');
  entry.u16('reserved');
  const name = Buffer.from(entry.take(NAME_BYTES, 'name')).toString('latin1');
  return { name: name.split('\0', 1)[0] ?? '', selector, size };
}
