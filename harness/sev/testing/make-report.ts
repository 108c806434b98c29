import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { der, sequence } from '../../formats/testing/make-signature.ts';

/** What a made report says; what is left out is zero, or as a Milan's report has it. */
export type MadeReport = {
  readonly version?: number;
  readonly cpuid?: readonly [family: number, model: number, stepping: number];
  readonly reportedTcb?: readonly number[];
  readonly chipId?: Uint8Array;
  readonly signingKey?: number;
  readonly reportData?: Uint8Array;
  /** Bytes by their offsets, set before it is signed. */
  readonly set?: readonly (readonly [offset: number, value: number])[];
};

/** A report (AMD 56860, table 23), signed with a key on P-384. */
export function makeReport(made: MadeReport, key: KeyObject): Uint8Array {
  const report = Buffer.alloc(0x4a0);
  report.writeUInt32LE(made.version ?? 3, 0);
  report.writeBigUInt64LE(0x30000n, 8);
  report.writeUInt32LE(1, 0x34);
  report.writeUInt32LE((made.signingKey ?? 0) << 2, 0x48);
  report.set(made.reportData ?? [], 0x50);
  report.fill(0xaa, 0x90, 0xc0);
  report.fill(0xbb, 0xc0, 0xe0);
  report.set(made.reportedTcb ?? [3, 0, 0, 0, 0, 0, 8, 0xd2], 0x180);
  report.set(made.cpuid ?? [0x19, 1, 1], 0x188);
  report.set(made.chipId ?? CHIP, 0x1a0);
  for (const [offset, value] of made.set ?? []) report.writeUInt8(value, offset);
  const signed = report.subarray(0, 0x2a0);
  const signature = sign('sha384', signed, { key, dsaEncoding: 'ieee-p1363' });
  report.set(signature.subarray(0, 48).toReversed(), 0x2a0);
  report.set(signature.subarray(48).toReversed(), 0x2a0 + 72);
  return report;
}

/** The chip of a made report. */
export const CHIP = new Uint8Array(64).fill(0xc1);

/** AMD's extensions of a made VEK by their last numbers, and values as they stand in the extension. */
export type MadeExtensions = Readonly<Record<string, Uint8Array>>;

const integer = (value: number) => der(0x02, Uint8Array.from(value > 0x7f ? [0, value] : [value]));
const text = (value: string) => der(0x16, Buffer.from(value));

/** A Milan's VCEK. */
export const MILAN_VCEK: MadeExtensions = {
  '01': integer(0),
  '02': text('Milan-B0'),
  '0301': integer(3),
  '0302': integer(0),
  '0303': integer(8),
  '0308': integer(0xd2),
  '04': CHIP,
};

/** A Milan's VLEK: for a cloud and no chip. */
export const MILAN_VLEK: MadeExtensions = {
  ...Object.fromEntries(Object.entries(MILAN_VCEK).filter(([id]) => id !== '04')),
  '02': text('Milan'),
  '05': text('example.org'),
};

/** A Turin's VCEK, with an FMC and a short chip id. */
export const TURIN_VCEK: MadeExtensions = {
  '01': integer(1),
  '02': text('Turin'),
  '0309': integer(1),
  '0301': integer(2),
  '0302': integer(3),
  '0303': integer(4),
  '0308': integer(5),
  '04': CHIP.subarray(0, 8),
};

/** A chain of three made certificates, and the key of the first. */
export type MadeChain = {
  readonly vek: Uint8Array;
  readonly ask: Uint8Array;
  readonly ark: Uint8Array;
  readonly key: KeyObject;
};

/** A chain as AMD makes it: VEK on P-384, ASK and ARK with RSA-PSS. */
export function makeChain(extensions: MadeExtensions, product = 'Milan'): MadeChain {
  const [ark, ask] = AUTHORITY_KEYS;
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const root = `ARK-${product}`;
  const middle = `SEV-${product}`;
  return {
    key,
    vek: certify(publicKey, 'SEV-VCEK', middle, ask.privateKey, amdExtensions(extensions)),
    ask: certify(ask.publicKey, middle, root, ark.privateKey, CA),
    ark: certify(ark.publicKey, root, root, ark.privateKey, CA),
  };
}

const AUTHORITY_KEYS = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
] as const;

/** Basic constraints: a CA, critical. */
const CA = sequence(
  oid('551d13'),
  der(0x01, Uint8Array.of(0xff)),
  der(0x04, sequence(der(0x01, Uint8Array.of(0xff)))),
);

function amdExtensions(values: MadeExtensions): Uint8Array {
  const all = Object.entries(values).map(([id, value]) =>
    sequence(oid(`2b060104019c7801${id}`), der(0x04, value)),
  );
  return Buffer.concat(all);
}

function certify(
  subjectKey: KeyObject,
  subject: string,
  issuer: string,
  issuerKey: KeyObject,
  extensions: Uint8Array,
): Uint8Array {
  const tbs = sequence(
    der(0xa0, integer(2)),
    integer(1),
    PSS,
    name(issuer),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('400101000000Z'))),
    name(subject),
    subjectKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extensions)),
  );
  const signature = sign('sha384', tbs, {
    key: issuerKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 48,
  });
  return sequence(tbs, PSS, der(0x03, Uint8Array.of(0), signature));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

/** RSASSA-PSS with SHA-384 and a salt of 48 bytes (RFC 4055, 3.1). */
const SHA384 = sequence(oid('608648016503040202'), der(0x05));
const PSS = sequence(
  oid('2a864886f70d01010a'),
  sequence(
    der(0xa0, SHA384),
    der(0xa1, sequence(oid('2a864886f70d010108'), SHA384)),
    der(0xa2, integer(48)),
  ),
);
