import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../../bytes/guid.ts';
import { bytesSource } from '../../bytes/source.ts';
import { authenticodeDigests } from '../../formats/authenticode.ts';
import { winCertificate } from '../../formats/efi-program.ts';
import { type EfiVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { readPe } from '../../formats/pe.ts';
import type { MadeFiles } from '../../formats/testing/make-fat.ts';
import { makePe } from '../../formats/testing/make-pe.ts';
import { type MadeShim, makeShim } from '../../formats/testing/make-shim.ts';
import { makeCertificate, makeKey, makeSignature } from '../../formats/testing/make-signature.ts';
import { findBootImage } from '../boot-image.ts';
import { BOOTED, predictBoot } from '../predict.ts';
import { madeFirmware, makeBootDisk, makeUki } from '../testing/made-boot.ts';
import { SHIM_LOCK_GUID } from './shim-variables.ts';

const OWNER = guidBytes('77fa9abd-0359-4d32-bd60-28f4e78f784b');
const TYPES = {
  x509: 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072',
  sha1: '826ca512-cf10-4ac9-b187-be01496631bd',
  sha256: 'c1c41626-504c-4092-aca9-41f936934328',
} as const;

const SBAT = { name: '.sbat', data: 'sbat,1,a,b,c,d\nuki,2,a,b,c,d\n' };

type Signer = { readonly certificate: Uint8Array; readonly key: ReturnType<typeof makeKey> };

function makeSigner(subject: string): Signer {
  const key = makeKey();
  return { key, certificate: makeCertificate({ subject, key }) };
}

const platform = makeSigner('platform');
const vendor = makeSigner('vendor');
const owner = makeSigner('machine owner');

function digestOf(image: Uint8Array, hash: 'sha1' | 'sha256' = 'sha256'): string {
  const source = bytesSource('image', image);
  return authenticodeDigests(source, readPe(source), [hash])[hash] ?? '';
}

/** The same image with a certificate table: it does not take part in the digest. */
function signed(make: (certificates: readonly Uint8Array[]) => Uint8Array, ...by: Signer[]) {
  const imageDigest = digestOf(make([]));
  return make(
    by.map((one) =>
      winCertificate(
        makeSignature({ imageDigest, signers: [one], certificates: [one.certificate] }),
      ),
    ),
  );
}

const uki = (...by: Signer[]) =>
  signed((certificates) => makeUki(257, { sections: [SBAT], certificates }), ...by);

/** EFI_SIGNATURE_LIST (UEFI 2.11, 32.4.1). */
function list(type: keyof typeof TYPES, data: Uint8Array | string): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'hex') : data;
  const header = Buffer.alloc(28);
  header.set(guidBytes(TYPES[type]));
  header.writeUInt32LE(28 + 16 + bytes.length, 16);
  header.writeUInt32LE(16 + bytes.length, 24);
  return Buffer.concat([header, OWNER, bytes]);
}

function variable(guid: string, name: string, data: Uint8Array): EfiVariable {
  return { guid, name, data, attributes: 3, timestamp: undefined };
}

const shimVariable = (name: string, data: Uint8Array) => variable(SHIM_LOCK_GUID, name, data);
const ON = [variable(VARIABLE_GUIDS.global, 'PK', list('x509', platform.certificate))];
const db = (...lists: Uint8Array[]) =>
  variable(VARIABLE_GUIDS.imageSecurity, 'db', Buffer.concat(lists));
const PLATFORM = list('x509', platform.certificate);
const ENROLLED = [...ON, db(PLATFORM), shimVariable('MokList', list('x509', owner.certificate))];

const VENDOR = { authorized: vendor.certificate };

function predictWith(
  files: MadeFiles,
  variables: readonly EfiVariable[] = ENROLLED,
  made: MadeShim = VENDOR,
) {
  const shim = signed((certificates) => makeShim({ ...made, certificates }), platform);
  const disk = makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': shim, ...files });
  const boot = { kind: 'disk', path: 'D', format: 'raw' } as const;
  const image = findBootImage(boot, (path) => bytesSource(path, disk));
  return predictBoot(madeFirmware(variables), image, { banks: ['sha256'], phases: BOOTED });
}

const second = (image: Uint8Array) => ({ 'EFI/BOOT/grubx64.efi': image });

/** What is measured of images and what allows them, by its agent. */
function loads({ events }: ReturnType<typeof predictWith>) {
  return events
    .filter(({ type }) => /AUTHORITY|APPLICATION|EV_IPL/.test(type))
    .filter(({ pcr }) => [4, 7, 14].includes(pcr))
    .map(({ agent, pcr, description }) => `${agent} ${pcr} ${description.split('\n', 1)[0]}`);
}

const STATE = [
  'shim 14 MokList: CN=vendor, CN=machine owner',
  'shim 14 MokListX: 1 sha256',
  'shim 7 SbatLevel: sbat,1,2024010900 shim,4',
  'shim 14 MokListTrusted: 1 bytes',
];
const SHIM_LOADED = ['firmware 7 db: CN=platform', 'firmware 4 \\EFI\\BOOT\\BOOTX64.EFI'];

describe('firmware, shim, UKI', () => {
  it.each([
    ['the machine owner', owner, 'MokListRT: CN=machine owner'],
    ['the vendor', vendor, 'MokListRT: CN=vendor'],
    // shim does not know what the firmware has measured.
    ['the key that signed shim', platform, 'db: CN=platform'],
  ])('measures what allows the UKI of %s', (_, by, authority) => {
    expect(loads(predictWith(second(uki(by))))).toEqual([
      ...SHIM_LOADED,
      ...STATE,
      `shim 7 ${authority}`,
      'shim 4 \\EFI\\BOOT\\grubx64.efi',
    ]);
  });

  it('measures every signature that counts, each authority once', () => {
    expect(loads(predictWith(second(uki(owner, vendor, owner)))).slice(6, -1)).toEqual([
      'shim 7 MokListRT: CN=machine owner',
      'shim 7 MokListRT: CN=vendor',
    ]);
  });

  it('leaves the kernel inside to nobody where Secure Boot is on, and to the firmware else', () => {
    const off = predictWith(second(uki()), []);
    expect(loads(off)).toEqual([
      'firmware 4 \\EFI\\BOOT\\BOOTX64.EFI',
      ...STATE.with(0, 'shim 14 MokList: CN=vendor').with(2, 'shim 7 SbatLevel: sbat,1,2021030218'),
      'shim 4 \\EFI\\BOOT\\grubx64.efi',
      'firmware 4 the kernel inside of the UKI',
    ]);
    expect(off.unpredictable.map(({ pcr }) => pcr)).not.toContain(14);
  });

  it('has shim judge addons too, which need no SBAT metadata', () => {
    const make = (certificates: readonly Uint8Array[]) =>
      makePe({ sections: [{ name: '.cmdline', data: 'more' }], certificates });
    const folder = 'EFI/BOOT/grubx64.efi.extra.d';
    const addon = { [`${folder}/a.addon.efi`]: signed(make, owner) };
    const refused = { [`${folder}/b.addon.efi`]: make([]) };
    const found = loads(predictWith({ ...second(uki(owner)), ...addon, ...refused }));
    expect(found.slice(-2)).toEqual([
      'shim 4 \\EFI\\BOOT\\grubx64.efi',
      expect.stringMatching(/^shim 4 .*a\.addon\.efi$/),
    ]);
  });

  it('verifies nothing where the machine owner switched that off', () => {
    const insecure = shimVariable('MokSBState', Uint8Array.of(1));
    const found = loads(predictWith(second(uki()), [...ENROLLED, insecure]));
    expect(found).toContain('shim 7 MokSBState: 1');
    expect(found.at(-1)).toBe('shim 4 \\EFI\\BOOT\\grubx64.efi');
  });
});

describe('firmware, shim, systemd-boot, UKI', () => {
  const loader = (...by: Signer[]) =>
    signed(
      (certificates) =>
        makePe({
          sections: [{ name: '.sdmagic', data: '#### LoaderInfo: systemd-boot 257 ####' }, SBAT],
          certificates,
        }),
      ...by,
    );

  it('is all measured by shim, with one event for a key that allows both', () => {
    const files = { ...second(loader(owner)), 'EFI/Linux/a.efi': uki(owner) };
    expect(loads(predictWith(files)).slice(6)).toEqual([
      'shim 7 MokListRT: CN=machine owner',
      'shim 4 \\EFI\\BOOT\\grubx64.efi',
      'shim 4 \\EFI\\Linux\\a.efi',
    ]);
  });

  it('has the firmware load the UKI without Secure Boot', () => {
    const files = { ...second(loader()), 'EFI/Linux/a.efi': uki() };
    expect(loads(predictWith(files, [])).slice(5)).toEqual([
      'shim 4 \\EFI\\BOOT\\grubx64.efi',
      'firmware 4 \\EFI\\Linux\\a.efi',
      'firmware 4 the kernel inside of the UKI',
    ]);
  });
});

/** A UKI with one more section in memory where its first one is. */
function overlapping(): Uint8Array {
  const other = { name: '.other', data: 'other', virtualAddress: 0x1000 };
  return signed((certificates) => makeUki(257, { sections: [SBAT, other], certificates }), owner);
}

describe('what shim refuses', () => {
  const image = uki(owner);
  const dbx = (entry: Uint8Array) => variable(VARIABLE_GUIDS.imageSecurity, 'dbx', entry);
  const level = (text: string) => shimVariable('SbatLevel', Buffer.from(text));

  it.each<[string, Uint8Array, readonly EfiVariable[], RegExp]>([
    ['an image without signature', uki(), [], /it is not signed/],
    ['a signature of a stranger', uki(makeSigner('stranger')), [], /neither db nor a key/],
    ['a digest in dbx', image, [dbx(list('sha256', digestOf(image)))], /digest is in dbx/],
    ['a SHA-1 digest in dbx', image, [dbx(list('sha1', digestOf(image, 'sha1')))], /in dbx/],
    [
      'a digest in MokListX',
      image,
      [shimVariable('MokListX', list('sha256', digestOf(image)))],
      /digest is in MokListX/,
    ],
    [
      'a certificate in MokListX',
      image,
      [shimVariable('MokListX', list('x509', owner.certificate))],
      /certificate that signs it is in MokListX/,
    ],
    ['what SbatLevel revokes', image, [level('sbat,1,2030010100\nuki,3\n')], /revokes uki 2/],
    [
      'an image without SBAT metadata',
      signed((certificates) => makeUki(257, { certificates }), owner),
      [],
      /no SBAT metadata/,
    ],
    ['an image whose sections overlap where it begins', overlapping(), [], /in 2 sections/],
  ])('is %s', (_, bytes, more, reason) => {
    expect(() => predictWith(second(bytes), [...ENROLLED, ...more])).toThrow(reason);
  });

  it('is what only db allows, where the machine owner chose to ignore it', () => {
    const ignore = shimVariable('MokDBState', Uint8Array.of(1));
    expect(() => predictWith(second(uki(platform)), [...ENROLLED, ignore])).toThrow(/neither db/);
  });

  it('is allowed by a digest of the machine owner', () => {
    const own = shimVariable('MokList', list('sha256', digestOf(uki())));
    const found = loads(predictWith(second(uki()), [...ON, db(PLATFORM), own]));
    expect(found.at(-2)).toBe('shim 7 MokListRT: hash or key, 32 bytes');
  });

  it('cannot be told from what is not there', () => {
    expect(() => predictWith({})).toThrow('shim does not find \\EFI\\BOOT\\grubx64.efi');
  });
});

describe('what is not known of shim', () => {
  const reason = (files: MadeFiles, variables?: readonly EfiVariable[], made?: MadeShim) => {
    const { unpredictable, banks } = predictWith(
      { ...second(uki(owner)), ...files },
      variables,
      made,
    );
    expect(banks.sha256).not.toHaveProperty('14');
    return unpredictable.find(({ pcr }) => pcr === 14)?.reason;
  };

  it.each<[string, MadeFiles, readonly EfiVariable[], MadeShim]>([
    ['only the rules of 16.1', {}, ENROLLED, { ...VENDOR, version: '15.8' }],
    [
      'certificate that was made',
      {},
      ENROLLED,
      { ...VENDOR, texts: 'verifying against shim cert' },
    ],
    ['no keys of a vendor', {}, ENROLLED, {}],
    ['fbx64.efi is started', { 'EFI/BOOT/fbx64.efi': 'x' }, ENROLLED, VENDOR],
    ['options.csv names', { 'EFI/BOOT/OPTIONS.CSV': 'x' }, ENROLLED, VENDOR],
    ['changes what it trusts', { 'EFI/BOOT/shim_certificate_0.efi': 'x' }, ENROLLED, VENDOR],
    ['MokNew has it start', {}, [...ENROLLED, shimVariable('MokNew', OWNER)], VENDOR],
    ['MokPolicy demands', {}, [...ENROLLED, shimVariable('MokPolicy', Uint8Array.of(1))], VENDOR],
  ])('%s', (expected, files, variables, made) => {
    expect(reason(files, variables, made)).toContain(expected);
  });
});

describe('the event of an authority', () => {
  it('hashes GUID, lengths, name and data', () => {
    const { events } = predictWith(second(uki(owner)));
    const event = events.find(({ description }) => description.startsWith('MokListRT'));
    const name = Buffer.from('MokListRT', 'utf16le');
    const data = Buffer.concat([OWNER, owner.certificate]);
    const lengths = Buffer.alloc(16);
    lengths.writeUInt32LE(9, 0);
    lengths.writeUInt32LE(data.length, 8);
    const hash = createHash('sha256');
    hash.update(Buffer.concat([guidBytes(SHIM_LOCK_GUID), lengths, name, data]));
    expect(event?.digests.sha256).toBe(hash.digest('hex'));
  });
});
