import { generateKeyPairSync } from 'node:crypto';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readYaml } from '../../../harness/cli/config-yaml.ts';
import { privateKeyOf } from '../../../harness/cli/id-private-key.ts';
import { readPcrEvidence } from '../../../harness/cli/pcr-evidence-file.ts';
import { resultOf } from '../../../harness/cli/result-file.ts';
import { checkConfig } from '../../../harness/cli/run-config.ts';
import { UsageError } from '../../../harness/host/errors.ts';
import { claimOf } from '../../../harness/report/claim.ts';
import { diffResults } from '../../../harness/report/diff-results.ts';
import { type Marker, markerLine, readMarker } from '../../../harness/report/issues/marker.ts';
import { judged, resultWith, sampleTable } from '../../../harness/report/testing/sample-result.ts';
import { mutateDer } from '../mutate-der.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii } from '../words.ts';

const SHA256 = 'ab'.repeat(32);
const IDS = ['CVM-MB-001', 'CVM-MB-002'];
const SAMPLE = {
  ...resultWith([judged('CVM-MB-001', 'MUST', 'pass'), judged('CVM-MB-002', 'SHOULD', 'fail')]),
  tables: [sampleTable()],
};

const YAML_WORDS = ascii(
  '&a',
  '*a',
  '<<: ',
  '? ',
  '!!binary ',
  '%YAML 1.1\n---\n',
  '---\n',
  '- ',
  ': ',
  '|2\n',
  '"\\x',
  '{',
  '[',
);

/** Readers of what `cvm` itself writes, and of what its users write. */
export const DOCUMENT_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'result',
    covers: ['resultOf'],
    made: () => [Buffer.from(JSON.stringify(SAMPLE))],
    words: ascii('"__proto__":', '"pass"', '"fail"', 'null', '[', '{"', '1e999', '"../', '\\u0000'),
    read: (bytes) => {
      const result = resultOf(bytesSource('result.json', bytes));
      return [claimOf(result), diffResults(SAMPLE, result)];
    },
  },
  {
    name: 'config',
    covers: ['readYaml', 'checkConfig'],
    made: () => [Buffer.from(CONFIG)],
    words: YAML_WORDS,
    // What a configuration says and what makes no sense is the user's to mend, as what is no YAML is.
    read: (bytes) => valueOrUsage(() => checkConfig('c', readYaml(bytesSource('c', bytes)), IDS)),
  },
  {
    name: 'pcr-evidence',
    covers: ['readPcrEvidence'],
    made: () => [
      Buffer.from(`  sha256:\n    0 : 0x${SHA256}\n    11: 0x${SHA256}\n`),
      Buffer.from(JSON.stringify({ banks: { sha256: { 4: SHA256 } }, events: [] })),
    ],
    fixtures: ['boots/ii-sbon/pcrread.yaml', 'boots/ii-sbon/eventlog.yaml'],
    words: ascii('sha256:', ' : 0x', '\n', '{', '"banks":', '\0'),
    read: (bytes) => readPcrEvidence(bytesSource('evidence', bytes)),
  },
  {
    name: 'issue-marker',
    covers: ['readMarker'],
    made: () => [Buffer.from(`${markerLine(MARKER)}\nwords\n`)],
    words: ascii('<!-- cvm-conformance ', ' -->', '"__proto__":', '\n', '\r'),
    read: (bytes) => readMarker(Buffer.from(bytes).toString('utf8')),
  },
  {
    name: 'private-key',
    covers: ['privateKeyOf'],
    made: () => [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export(DER),
      Buffer.from(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export(PEM)),
    ],
    mutations: [mutateDer],
    words: ascii('-----BEGIN ', 'PRIVATE KEY-----', 'ENCRYPTED ', 'PUBLIC KEY-----', '\n'),
    read: (bytes) => privateKeyOf(bytesSource('key', bytes)).key.asymmetricKeyType,
  },
];

const DER = { format: 'der', type: 'pkcs8' } as const;
const PEM = { format: 'pem', type: 'sec1' } as const;

const CONFIG = `image: my.raw
ssh: &ssh
  user: root
  key: keys/id
boot: { path: uki, firmware: "2026.08", vcpus: 2, memoryMiB: 1024 }
certificates: [db.pem, 'other.der']
phases: enter-initrd:leave-initrd
ready: |
  login:
requirements: [CVM-MB-001]
waivers:
  - requirement: CVM-MB-002
    reason: "nothing of it is in this image"
    until: 2027-01-01
`;

const MARKER: Marker = {
  version: 1,
  kind: 'regression',
  failures: {
    abababababababab: {
      requirement: 'CVM-MB-001',
      profile: 'emulated',
      places: { uki: { lastRun: '2026-11-21T07:00:00Z', green: ['2026-11-22'] } },
    },
  },
};

function valueOrUsage(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}
