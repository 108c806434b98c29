import { gzipSync } from 'node:zlib';
import { readJson } from '../../../harness/bytes/json-text.ts';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readDossierIndex } from '../../../harness/evidence/dossier.ts';
import { Machine } from '../../../harness/machine/machine.ts';
import { readPlatform } from '../../../harness/predict/platform-file.ts';
import { readPredictedPcrs } from '../../../harness/predict/prediction-json.ts';
import { readPcrValues } from '../../../harness/tpm/pcrread.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii } from '../words.ts';

const SHA256 = 'ab'.repeat(32);
const JSON_WORDS = ascii(
  '{"',
  '":',
  '[',
  '[[[[',
  '}',
  'null',
  '1e999',
  '-1',
  '"__proto__":',
  '\\u0000',
);

/** Readers of texts. */
export const TEXT_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'pcrread',
    covers: ['readPcrValues'],
    made: () => [Buffer.from(`  sha1:\n  sha256:\n    0 : 0x${SHA256}\n    11: 0x${SHA256}\n`)],
    fixtures: ['boots/ii-sbon/pcrread.yaml'],
    words: ascii('sha256:', 'sha1:', ' : 0x', '\n', '0x', 'pcrs:\n'),
    read: (bytes) => readPcrValues(bytesSource('text', bytes)),
  },
  {
    name: 'dossier-index',
    covers: ['readDossierIndex', 'openDossier'],
    made: () => [json(INDEX)],
    words: JSON_WORDS,
    read: (bytes) => readDossierIndex(bytesSource('dossier.json', bytes)),
  },
  {
    name: 'prediction',
    covers: ['readPredictedPcrs'],
    made: () => [json(PREDICTION)],
    words: JSON_WORDS,
    read: (bytes) => readPredictedPcrs(bytesSource('prediction', bytes)),
  },
  {
    name: 'platform',
    covers: ['readPlatform'],
    made: () => [json(PLATFORM)],
    words: JSON_WORDS,
    // A change of packed bytes would end at their checksum.
    read: (bytes) => readPlatform(bytesSource('platform', gzipSync(bytes, { level: 1 }))),
  },
  {
    name: 'machine',
    covers: ['readJson'],
    made: () => [json(MACHINE)],
    words: JSON_WORDS,
    read: (bytes) => readJson({ file: 'machine', offset: 0, what: 'a machine' }, bytes, Machine),
  },
];

const INDEX = {
  schemaVersion: 1,
  machine: { name: 'one' },
  accelerator: 'tcg',
  startedAt: '2026-01-01T00:00:00Z',
  stages: [{ stage: 'firmware', atMs: 1 }],
  answeredAtMs: null,
  inputs: [{ path: 'disk', sha256: SHA256 }],
  tools: { qemu: '10.0' },
  files: [{ file: 'cmdline', bytes: 3, sha256: SHA256, witness: 'guest command' }],
};

const PREDICTION = {
  banks: { sha256: { 4: SHA256, 11: SHA256 } },
  events: [{ pcr: 4, type: 'EV_SEPARATOR', digests: { sha256: SHA256 }, description: 'separator' }],
};

const PLATFORM = {
  fwCfg: { 'etc/acpi/rsdp': 'UlNEIFBUUiA=' },
  firmwareMemory: { peiVolume: 'AAAA' },
};

const MACHINE = {
  name: 'one',
  firmware: { kind: 'pflash', code: 'code.fd', vars: 'vars.fd', smm: false },
  boot: { kind: 'kernel', kernel: 'vmlinuz', cmdline: 'quiet' },
  cpu: 'max',
  vcpus: 2,
  memoryMiB: 1024,
  tpm: { banks: ['sha256'] },
};

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
