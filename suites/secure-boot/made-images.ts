import { guidBytes } from '../../harness/bytes/guid.ts';
import {
  makeEfiProgram,
  winCertificate,
  withCertificateTable,
  withSignatures,
} from '../../harness/formats/efi-program.ts';
import { witnessSections } from '../../harness/formats/trial-program.ts';
import type { DistributionPki, PkiName } from '../../harness/images/distribution-pki.ts';
import { type SigningChoice, signatureOf, signedImage } from './signed-image.ts';
import {
  inOtherOrder,
  PE,
  PROGRAM,
  SHARED_BYTES,
  sharing,
  type TrialImage,
  withNumbers,
} from './witness-image.ts';

const PKCS7_GUID = '4aafd29d-68df-49ee-8aa9-347d375665a7';
const RSA_GUID = 'a7717414-c616-4977-9420-844712a735bf';
const EFI_GUID_TYPE = 0x0ef1;

/** Images of every kind, each made on purpose. */
export function madeImages(pki: DistributionPki): readonly TrialImage[] {
  return [
    ...signers(pki),
    ...digests(pki),
    ...severalSignatures(pki),
    ...tables(pki),
    ...changedAfterwards(pki),
    ...sbatMetadata(pki),
    ...headers(pki),
  ];
}

function image(name: string, bytes: Uint8Array): TrialImage {
  return { name, bytes };
}

const SIGNERS: readonly PkiName[] = [
  ...([
    'uki',
    'kernel',
    'expired',
    'revoked',
    'foreign',
    'curve',
    'distribution',
    'bench',
  ] as const),
];

function signers(pki: DistributionPki): readonly TrialImage[] {
  const by = (signer: PkiName, choice?: SigningChoice) => signedImage(PROGRAM, pki, signer, choice);
  return [
    image('not signed', PROGRAM),
    ...SIGNERS.map((signer) => image(`signed by ${signer}`, by(signer))),
    ...(['uki', 'foreign'] as const).map((signer) =>
      image(`signed by ${signer}, its CA not embedded`, by(signer, { leafAlone: true })),
    ),
    image('signed by uki without attributes', by('uki', { withoutAttributes: true })),
    image('signed by nobody', withSignatures(PROGRAM, [signatureOf(PROGRAM, pki, [])])),
    image('signed by uki and foreign in one', severalSigners(pki, ['uki', 'foreign'])),
    image('signed by uki and kernel in one', severalSigners(pki, ['uki', 'kernel'])),
  ];
}

function severalSigners(pki: DistributionPki, names: readonly PkiName[]): Uint8Array {
  return withSignatures(PROGRAM, [signatureOf(PROGRAM, pki, names)]);
}

function digests(pki: DistributionPki): readonly TrialImage[] {
  const sound = signatureOf(PROGRAM, pki, ['uki']);
  const replaced = (from: string, to: string) => {
    const hex = Buffer.from(sound).toString('hex').replace(from, to);
    return withSignatures(PROGRAM, [Buffer.from(hex, 'hex')]);
  };
  const SHA256 = '608648016503040201';
  return [
    ...(['sha1', 'sha384', 'sha512'] as const).map((hash) =>
      image(`signed over ${hash}`, signedImage(PROGRAM, pki, 'uki', { hash })),
    ),
    image(
      'signed over another digest',
      signedImage(PROGRAM, pki, 'uki', { imageDigest: '00'.repeat(32) }),
    ),
    image('digest algorithm SHA-224', replaced(SHA256, '608648016503040204')),
    image('digest algorithm unknown', replaced(SHA256, '6086480165030402ff')),
    image('digest algorithm SHA-512, though it is SHA-256', replaced(SHA256, '608648016503040203')),
  ];
}

function severalSignatures(pki: DistributionPki): readonly TrialImage[] {
  const by = (signer: PkiName, choice?: SigningChoice) =>
    signatureOf(PROGRAM, pki, [signer], choice);
  const garbage = Buffer.from(by('uki')).fill(0xff, 60);
  const of = (name: string, ...signatures: readonly Uint8Array[]) =>
    image(name, withSignatures(PROGRAM, signatures));
  return [
    of('signed by foreign, then by uki', by('foreign'), by('uki')),
    of('signed by uki, then by foreign', by('uki'), by('foreign')),
    of('signed by revoked, then by uki', by('revoked'), by('uki')),
    of('signed by uki, then by revoked', by('uki'), by('revoked')),
    of('signed by kernel, then by uki', by('kernel'), by('uki')),
    of('signed over SHA-512, then over SHA-256', by('uki', { hash: 'sha512' }), by('uki')),
    of('signed over SHA-1, then over SHA-256', by('uki', { hash: 'sha1' }), by('uki')),
    of('garbage, then signed by uki', garbage, by('uki')),
    of('signed by uki, then garbage', by('uki'), garbage),
    of('garbage alone', garbage),
    of('a signature without end', by('uki').subarray(0, -20)),
    of('a signature with bytes behind it', Buffer.concat([by('uki'), Buffer.alloc(40, 0xaa)])),
    of('a short text', Buffer.from('not a signature')),
  ];
}

function tables(pki: DistributionPki): readonly TrialImage[] {
  const signature = signatureOf(PROGRAM, pki, ['uki']);
  const entry = winCertificate(signature);
  const behindGuid = (guid: string) =>
    winCertificate(Buffer.concat([guidBytes(guid), signature]), EFI_GUID_TYPE);
  const table = (name: string, ...entries: readonly Uint8Array[]) =>
    image(name, withCertificateTable(PROGRAM, entries));
  const withLength = (length: number) => withNumbers(entry, [[0, length]]);
  const signed = withCertificateTable(PROGRAM, [entry]);
  const size = entry.length;
  const withSize = (value: number) => withNumbers(signed, [[PE.certificateTable + 4, value]]);
  return [
    table('a PKCS#7 entry behind a GUID', behindGuid(PKCS7_GUID)),
    table('an RSA entry behind a GUID', behindGuid(RSA_GUID)),
    table('an RSA entry behind a GUID, then a signature', behindGuid(RSA_GUID), entry),
    table('an entry of another type', winCertificate(signature, 1)),
    table('an entry of another type, then a signature', winCertificate(Buffer.of(1), 1), entry),
    table('a signature, then an entry without content', entry, winCertificate(Buffer.alloc(0))),
    table('a signature, then eight zero bytes', entry, Buffer.alloc(8)),
    table('a signature, then sixteen zero bytes', entry, Buffer.alloc(16)),
    table('a signature of length 0', withLength(0)),
    table('a signature of length 8', withLength(8)),
    table('a signature longer than the table', withLength(size + 1)),
    table('a signature of the whole table', withLength(size)),
    table('a signature shorter than it is', withLength(size - 64)),
    image('a table one byte too small', withSize(size - 1)),
    image('a table eight bytes too small', withSize(size - 8)),
    image('a table that ends behind the file', withSize(size + 8)),
    image('a table of no size', withSize(0)),
    image('a table that begins behind the file', outside(signed)),
    image('a table that is far away', withNumbers(signed, [[PE.certificateTable, 0xfffffff0]])),
    image('a signature stripped', withNumbers(signed.subarray(0, PROGRAM.length), DIRECTORY_EMPTY)),
    image('a signature whose table is nobody’s', withNumbers(signed, DIRECTORY_EMPTY)),
  ];
}

const DIRECTORY_EMPTY = [
  [PE.certificateTable, 0],
  [PE.certificateTable + 4, 0],
] as const;

function outside(signed: Uint8Array): Uint8Array {
  return withNumbers(signed, [[PE.certificateTable, signed.length]]);
}

function changedAfterwards(pki: DistributionPki): readonly TrialImage[] {
  const signed = signedImage(PROGRAM, pki, 'uki');
  const changed = (name: string, offset: number) => {
    const copy = Buffer.from(signed);
    copy[offset] = (copy[offset] ?? 0) ^ 1;
    return image(`changed after signing: ${name}`, copy);
  };
  const [text = 0, sbat = 0] = [0, 1].map((index) =>
    Buffer.from(PROGRAM).readUInt32LE(PE.sections + 40 * index + 20),
  );
  return [
    changed('the DOS header', 0x10),
    changed('between the headers', 0x50),
    changed('the time stamp', PE.timeStamp),
    changed('the checksum, which is not signed', PE.checkSum),
    changed('the name of a section', PE.sections),
    changed('the flags of a section', PE.sections + 36),
    changed('padding of the headers', PE.sections + 100),
    changed('the code', text + 9),
    changed('padding of the code', text + 100),
    changed('.sbat', sbat + 20),
    changed('padding of .sbat', sbat + 0x1f0),
    changed('the signature', signed.length - 40),
    changed('the signer', signed.length - 400),
    image(
      'changed after signing: bytes behind the table',
      Buffer.concat([signed, Buffer.alloc(16)]),
    ),
    image('changed after signing: cut', signed.subarray(0, -8)),
  ];
}

function sbatMetadata(pki: DistributionPki): readonly TrialImage[] {
  const of = (name: string, sections: Parameters<typeof makeEfiProgram>[0]) =>
    image(name, signedImage(makeEfiProgram(sections), pki, 'uki'));
  const [text, sbat] = witnessSections();
  if (text === undefined || sbat === undefined) return [];
  const row = (generation: number) =>
    `revocable,${generation},Somebody,revocable,1,https://example.org\n`;
  const head = 'sbat,1,SBAT Version,sbat,1,https://example.org\n';
  return [
    of('no SBAT metadata', [text]),
    of('SBAT generation 1', witnessSections(head + row(1))),
    of('SBAT generation 2', witnessSections(head + row(2))),
    of('SBAT generation 3', witnessSections(head + row(3))),
    of('SBAT metadata with too few columns', witnessSections('sbat,1\n')),
    of('SBAT metadata that is empty', witnessSections('\n')),
    of('SBAT metadata twice', [text, sbat, sbat]),
    of('SBAT metadata of the word sbat alone', witnessSections(head)),
  ];
}

/** Headers that are signed as they are. */
function headers(pki: DistributionPki): readonly TrialImage[] {
  const of = (name: string, bytes: Uint8Array) => image(name, signedImage(bytes, pki, 'uki'));
  const numbers = (name: string, ...changes: readonly (readonly [number, number])[]) =>
    of(name, withNumbers(PROGRAM, changes));
  const second = PE.sections + 40;
  return [
    of('data behind the sections', Buffer.concat([PROGRAM, Buffer.alloc(64, 0x55)])),
    of('data behind the sections, not aligned', Buffer.concat([PROGRAM, Buffer.alloc(3, 0x55)])),
    numbers('a section without bytes in the file', [second + 16, 0]),
    numbers('a driver', [PE.subsystem, 0x100000b]),
    of('sections out of the file’s order', inOtherOrder(PROGRAM)),
    of('sections that share bytes', sharing(PROGRAM, SHARED_BYTES)),
    of('sections that share more bytes than follow them', sharing(PROGRAM, 0)),
  ];
}
