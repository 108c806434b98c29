import { generateKeyPairSync } from 'node:crypto';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readAttestationReport } from '../../../harness/sev/attestation-report.ts';
import { readCertificateFile } from '../../../harness/sev/certificate-file.ts';
import { readHclReport } from '../../../harness/sev/hcl-report.ts';
import { readIdAuth, signIdBlock } from '../../../harness/sev/id-auth.ts';
import { readIdBlock } from '../../../harness/sev/id-block.ts';
import { verifyIdBlock } from '../../../harness/sev/id-verify.ts';
import { readTcbVersion } from '../../../harness/sev/tcb-version.ts';
import {
  MILAN_VCEK,
  makeChain,
  makeReport,
  TURIN_VCEK,
} from '../../../harness/sev/testing/make-report.ts';
import { readVekCertificate } from '../../../harness/sev/vek-certificate.ts';
import { mutateDer } from '../mutate-der.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii, hex } from '../words.ts';

const AMD_OIDS = hex(
  '060a2b060104019c780101',
  '060a2b060104019c780104',
  '060b2b060104019c78010301',
);

/** Readers of attestation reports, ID blocks and of AMD's certificates. */
export const SEV_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'attestation-report',
    covers: ['readAttestationReport', 'readTcbVersion'],
    made: () => [report(2), report(3), report(5)],
    fixtures: ['reports/snp-v5-19a94fdb83.bin'],
    read: (bytes) => {
      const found = readAttestationReport(bytesSource('report', bytes));
      return [found, readTcbVersion(found.reportedTcb, 'turin')];
    },
  },
  {
    name: 'hcl-report',
    covers: ['readHclReport'],
    made: () => [hclReport('{"keys":[{"kid":"HCLAkPub","kty":"RSA","n":"AQAB","e":"AQAB"}]}')],
    fixtures: ['reports/azure/milan-v1/hcl-report.bin'],
    words: ascii('HCLA', '"keys":', '"kid"', 'HCLAkPub', 'null', '[['),
    read: (bytes) => readHclReport(bytesSource('report', bytes)),
  },
  {
    name: 'vek-certificate',
    covers: ['readVekCertificate'],
    made: () => [makeChain(MILAN_VCEK).vek, makeChain(TURIN_VCEK).vek],
    fixtures: ['reports/certs/vek-05788a16ab.der'],
    words: AMD_OIDS,
    mutations: [mutateDer],
    read: (bytes) => readVekCertificate('certificate', bytes),
  },
  {
    name: 'certificate-file',
    covers: ['readCertificateFile'],
    made: () => {
      const { vek, ask } = makeChain(MILAN_VCEK);
      return [vek, ask, Buffer.from(pem(vek) + pem(ask))];
    },
    words: [...AMD_OIDS, ...ascii('-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----')],
    mutations: [mutateDer],
    read: (bytes) => readCertificateFile(bytesSource('certificates', bytes)),
  },
  {
    name: 'id-block',
    covers: ['readIdBlock', 'readIdAuth', 'decodePublicKey'],
    made: () => [idBlock()],
    read: (bytes) => {
      const block = readIdBlock(bytesSource('ID block', bytes.subarray(0, 96)));
      const auth = readIdAuth(bytesSource('ID_AUTH', bytes.subarray(96)));
      return verifyIdBlock(block, auth, {});
    },
  },
];

function report(version: number): Uint8Array {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return makeReport({ version }, privateKey);
}

/** An ID block with its ID_AUTH behind it. */
function idBlock(): Uint8Array {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const block = new Uint8Array(96);
  const file = 'key';
  return Buffer.concat([block, signIdBlock(block, { key, file }, { key, file })]);
}

/** OpenHCL's header, the report and runtime data. */
function hclReport(runtimeData: string): Uint8Array {
  const header = Buffer.alloc(32);
  header.write('HCLA');
  const data = Buffer.alloc(20);
  data.writeUInt32LE(runtimeData.length + 20);
  data.writeUInt32LE(1, 4);
  data.writeUInt32LE(2, 8);
  data.writeUInt32LE(1, 12);
  data.writeUInt32LE(runtimeData.length, 16);
  return Buffer.concat([header, report(3), data, Buffer.from(runtimeData)]);
}

function pem(der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
