import { toHex } from '../bytes/hex.ts';
import { DER_TAG, DerCursor, expectElement, readElement } from '../formats/der.ts';
import type { TcbLayout, TcbPart, TcbVersion } from './tcb-version.ts';

/** A VCEK or VLEK certificate by AMD's extensions. */
export type VekCertificate = {
  readonly kind: 'VCEK' | 'VLEK';
  /** E.g. `Milan-B0`. */
  readonly productName: string;
  readonly layout: TcbLayout;
  readonly tcb: TcbVersion;
  /** 64 bytes, Turin's 8; a VLEK has none. */
  readonly hwId: Uint8Array | undefined;
  /** The cloud that a VLEK is for; a VCEK has none. */
  readonly cspId: string | undefined;
};

/** DER of 1.3.6.1.4.1.3704.1, without tag and length (AMD 57230, 3.1, Certificate Extensions). */
const AMD_ARC = '2b060104019c7801';

const EXTENSION = {
  structVersion: '01',
  productName: '02',
  hwId: '04',
  cspId: '05',
} as const;

/** Extensions below 3, the TCB. */
const SPL: Readonly<Record<TcbPart, string>> = {
  bootloader: '0301',
  tee: '0302',
  snp: '0303',
  microcode: '0308',
  fmc: '0309',
};

/** [3] of a TBSCertificate, with the extensions (RFC 5280, 4.1). */
const EXTENSIONS_TAG = 0xa3;

/** The type of the product name. */
const IA5_STRING = 0x16;

/** UTF8String, PrintableString, IA5String. */
const STRINGS: readonly number[] = [0x0c, 0x13, IA5_STRING];

/**
 * Reads AMD's extensions of a certificate.
 *
 * @param file name for error messages
 * @param der the certificate
 * @returns absent where it has none of a VCEK or VLEK
 * @throws FormatError where they are damaged
 */
export function readVekCertificate(file: string, der: Uint8Array): VekCertificate | undefined {
  const extensions = amdExtensions(file, der);
  const hwId = extensions.get(EXTENSION.hwId);
  const version = extensions.get(EXTENSION.structVersion);
  if (version === undefined || (hwId ?? extensions.get(EXTENSION.cspId)) === undefined) {
    return undefined;
  }
  const tcb = Object.entries(SPL).flatMap(([part, id]) => {
    const value = extensions.get(id);
    return value === undefined ? [] : [[part, smallInteger(value)]];
  });
  return {
    kind: hwId === undefined ? 'VLEK' : 'VCEK',
    productName: extensions.get(EXTENSION.productName)?.text(IA5_STRING) ?? '',
    layout: smallInteger(version) === 0 ? 'milan' : 'turin',
    tcb: { bootloader: 0, tee: 0, snp: 0, microcode: 0, ...Object.fromEntries(tcb) },
    hwId: hwId?.bytes,
    cspId: extensions.get(EXTENSION.cspId)?.name,
  };
}

/** What stands in an extension: raw, or one DER element. */
class ExtensionValue {
  readonly bytes: Uint8Array;
  readonly #file: string;
  readonly #offset: number;

  constructor(file: string, bytes: Uint8Array, offset: number) {
    this.#file = file;
    this.bytes = bytes;
    this.#offset = offset;
  }

  content(tag: number): Uint8Array {
    const cursor = new DerCursor(this.#file, this.bytes, this.#offset);
    const { content } = expectElement(cursor, tag, 'value of an extension');
    if (cursor.remaining === 0) return content;
    throw cursor.errorAt(cursor.offset, 'one value in an extension', 'more');
  }

  /** A string of any type, or what stands there instead. */
  get name(): string {
    const isString = STRINGS.includes(this.bytes[0] ?? 0);
    return isString ? this.text(this.bytes[0] ?? 0) : Buffer.from(this.bytes).toString('latin1');
  }

  text(tag: number): string {
    return Buffer.from(this.content(tag)).toString('latin1');
  }

  get error() {
    const cursor = new DerCursor(this.#file, this.bytes, this.#offset);
    return cursor.errorAt(this.#offset, 'an integer of 0 to 255', toHex(this.bytes.subarray(0, 8)));
  }
}

function smallInteger(value: ExtensionValue): number {
  const content = value.content(DER_TAG.integer);
  if (content.length !== 1 && content.length !== 2) throw value.error;
  const number = Buffer.from(content).readIntBE(0, content.length);
  if (number < 0 || number > 0xff) throw value.error;
  return number;
}

function amdExtensions(file: string, der: Uint8Array): ReadonlyMap<string, ExtensionValue> {
  const found = new Map<string, ExtensionValue>();
  const outer = new DerCursor(file, der, 0);
  const certificate = outer.inside(expectElement(outer, DER_TAG.sequence, 'X.509 certificate'));
  const tbs = certificate.inside(expectElement(certificate, DER_TAG.sequence, 'TBSCertificate'));
  while (tbs.remaining > 0) {
    const element = readElement(tbs, 'field of TBSCertificate');
    if (element.tag !== EXTENSIONS_TAG) continue;
    const wrapped = tbs.inside(element);
    const list = wrapped.inside(expectElement(wrapped, DER_TAG.sequence, 'extensions'));
    while (list.remaining > 0) readExtension(file, list, found);
  }
  return found;
}

function readExtension(file: string, list: DerCursor, found: Map<string, ExtensionValue>): void {
  const extension = list.inside(expectElement(list, DER_TAG.sequence, 'extension'));
  const id = toHex(expectElement(extension, DER_TAG.oid, 'extension id').content);
  let value = readElement(extension, 'extension value');
  // A flag for critical extensions may stand in between.
  if (extension.remaining > 0) value = readElement(extension, 'extension value');
  if (!id.startsWith(AMD_ARC)) return;
  const content = new ExtensionValue(file, value.content, value.offset);
  found.set(id.slice(AMD_ARC.length), content);
}
