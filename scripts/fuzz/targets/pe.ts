import { bytesSource } from '../../../harness/bytes/source.ts';
import { authenticodeDigests } from '../../../harness/formats/authenticode.ts';
import { findAuthority } from '../../../harness/formats/authenticode-verify.ts';
import { readCertificate } from '../../../harness/formats/certificate.ts';
import { readCertificateTable } from '../../../harness/formats/certificate-table.ts';
import { readAuthenticodeSignature } from '../../../harness/formats/cms.ts';
import { measuredSections } from '../../../harness/formats/measured-sections.ts';
import { readPe } from '../../../harness/formats/pe.ts';
import { makePe, winCertificate } from '../../../harness/formats/testing/make-pe.ts';
import {
  makeCertificate,
  makeEcKey,
  makeKey,
  makeSignature,
} from '../../../harness/formats/testing/make-signature.ts';
import { readUki } from '../../../harness/formats/uki.ts';
import { readImageSignatures } from '../../../harness/predict/firmware/image-verification.ts';
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
