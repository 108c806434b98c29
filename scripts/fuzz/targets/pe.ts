import { guidBytes } from '../../../harness/bytes/guid.ts';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { authenticodeDigests } from '../../../harness/formats/authenticode.ts';
import { readAuthenticodeSignature } from '../../../harness/formats/authenticode-signature.ts';
import { findAuthority } from '../../../harness/formats/authenticode-verify.ts';
import { readCertificate } from '../../../harness/formats/certificate.ts';
import { readCertificateTable } from '../../../harness/formats/certificate-table.ts';
import { winCertificate } from '../../../harness/formats/efi-program.ts';
import { VARIABLE_GUIDS } from '../../../harness/formats/efi-variable.ts';
import type { VariableStore } from '../../../harness/formats/efi-variable-store.ts';
import { measuredSections } from '../../../harness/formats/measured-sections.ts';
import { readPe } from '../../../harness/formats/pe.ts';
import { makePe } from '../../../harness/formats/testing/make-pe.ts';
import {
  makeCertificate,
  makeEcKey,
  makeKey,
  makeSignature,
} from '../../../harness/formats/testing/make-signature.ts';
import { readUki } from '../../../harness/formats/uki.ts';
import { authoriseImage } from '../../../harness/predict/authorisation.ts';
import { readImageSignatures } from '../../../harness/predict/firmware/image-signatures.ts';
import { SHIM_LOCK_GUID } from '../../../harness/predict/shim/shim-variables.ts';
import { mutateDer } from '../mutate-der.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii, hex } from '../words.ts';

const SECTION_NAMES = ['.linux', '.osrel', '.cmdline', '.initrd', '.profile', '.sdmagic', '.dtb'];

/** Object identifiers of CMS, X.509 and Authenticode as DER elements. */
const OIDS = hex(
  '06092a864886f70d010702',
  '06092a864886f70d010904',
  '060a2b060104018237020104',
  '0609608648016503040201',
  '06052b0e03021a',
  '06092a864886f70d01010b',
  '0603551d13',
);

/** Secure Boot on, with a certificate that nobody signs with in each list. */
const STORE = storeOf(makeCertificate({ subject: 'trusted', key: makeKey(), ca: true }));

/** Readers of PE images and of what signs them. */
export const PE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'pe',
    covers: [
      'readPe',
      'readPeHeaders',
      'readUki',
      'readStubRelease',
      'readCertificateTable',
      'readImageSignatures',
    ],
    made: () => [
      makePe(),
      makePe({ format: 'PE32', sections: [{ name: '.text', data: 'code' }] }),
      makeUki([]),
      makeUki([
        { name: '.profile', data: 'ID=main\nTITLE=Main' },
        { name: '.cmdline', data: 'quiet' },
        { name: '.profile', data: 'ID="two"' },
      ]),
      makePe({ sections: [{ name: '.text', data: 'x' }], certificates: [signature()] }),
    ],
    fixtures: ['uki/uki-21-profiles-2.efi'],
    maxBytes: 160 << 10,
    words: [...ascii('MZ', 'PE\0\0', ...SECTION_NAMES.map((name) => name.padEnd(8, '\0')))],
    read: (bytes) => {
      const source = bytesSource('image', bytes);
      const pe = readPe(source);
      const uki = readUki(source, pe);
      authenticodeDigests(source, pe, ['sha256']);
      const sections = uki && measuredSections(uki, { profile: 0, deviceTree: undefined });
      readCertificateTable(source, pe);
      return [pe, uki, sections, readImageSignatures(source, pe)];
    },
  },
  {
    name: 'authorisation',
    covers: [
      'readSignature',
      'readSignedData',
      'walkCertificateTable',
      'authoriseImage',
      'signaturesForShim',
    ],
    made: () => [
      makePe({ sections: [{ name: '.text', data: 'x' }], certificates: [signature()] }),
      makePe({
        sections: [{ name: '.sbat', data: 'sbat,1,SBAT,sbat,1,https://example.org\n' }],
        certificates: [signature(), signature()],
      }),
    ],
    maxBytes: 160 << 10,
    words: OIDS,
    read: (bytes) =>
      authoriseImage({ banks: ['sha256'] }, bytesSource('image', bytes), STORE, undefined),
  },
  {
    name: 'cms',
    covers: ['readAuthenticodeSignature', 'readElement', 'findAuthority'],
    made: signatures,
    words: OIDS,
    mutations: [mutateDer],
    read: (bytes) => {
      const source = bytesSource('signature', bytes);
      const found = readAuthenticodeSignature(source, { offset: 0, size: bytes.length });
      const digests = found.hash === undefined ? {} : { [found.hash]: found.imageDigest };
      const trusted = found.certificates.map(({ der }) => der);
      return [found, findAuthority([found], digests, trusted)];
    },
  },
  {
    name: 'certificate',
    covers: ['readCertificate'],
    made: certificates,
    fixtures: ['reports/certs/SEV-Milan.der', 'reports/certs/ARK-Turin.der'],
    words: OIDS,
    mutations: [mutateDer],
    read: (bytes) => readCertificate('certificate', bytes, 0),
  },
];

function storeOf(certificate: Uint8Array): VariableStore {
  const list = signatureList(certificate);
  const variable = (guid: string, name: string, attributes: number) => ({
    ...{ guid, name, attributes },
    ...{ data: list, timestamp: undefined },
  });
  const { global, imageSecurity } = VARIABLE_GUIDS;
  return {
    authenticated: true,
    variables: [
      variable(global, 'PK', 39),
      variable(imageSecurity, 'db', 39),
      variable(imageSecurity, 'dbx', 39),
      variable(SHIM_LOCK_GUID, 'MokList', 3),
    ],
  };
}

/** EFI_SIGNATURE_LIST of one X.509 certificate (UEFI 2.11, 32.4.1). */
function signatureList(certificate: Uint8Array): Uint8Array {
  const header = Buffer.alloc(44);
  header.set(guidBytes('a5c059a1-94e4-4aa7-87b5-ab155c2bf072'));
  header.writeUInt32LE(header.length + certificate.length, 16);
  header.writeUInt32LE(16 + certificate.length, 24);
  return Buffer.concat([header, certificate]);
}

function makeUki(
  profiles: readonly { readonly name: string; readonly data: string }[],
): Uint8Array {
  return makePe({
    sections: [
      { name: '.sdmagic', data: '#### LoaderInfo: systemd-stub 257.9 ####' },
      { name: '.osrel', data: 'ID=test' },
      { name: '.linux', data: makePe() },
      ...profiles,
    ],
  });
}

function certificates(): readonly Uint8Array[] {
  const key = makeKey();
  const root = { subject: 'root', key };
  return [
    makeCertificate({ ...root, ca: true }),
    makeCertificate({ subject: 'signer', key: makeEcKey(), issuer: root }),
    makeCertificate({ subject: 'old', key, version: 1 }),
  ];
}

function signatures(): readonly Uint8Array[] {
  const key = makeKey();
  const root = makeCertificate({ subject: 'root', key, ca: true });
  const signerKey = makeKey();
  const signer = makeCertificate({
    subject: 'signer',
    key: signerKey,
    issuer: { subject: 'root', key },
  });
  const imageDigest = '00'.repeat(32);
  return [
    makeSignature({
      imageDigest,
      signers: [{ certificate: signer, key: signerKey }],
      certificates: [signer, root],
    }),
    makeSignature({
      imageDigest,
      signers: [{ certificate: root, key }],
      certificates: [root],
      withoutAttributes: true,
    }),
  ];
}

function signature(): Uint8Array {
  return winCertificate(signatures()[0] ?? new Uint8Array(0));
}
