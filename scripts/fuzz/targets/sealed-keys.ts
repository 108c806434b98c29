import { bytesSource } from '../../../harness/bytes/source.ts';
import { readLuks2Tokens } from '../../../harness/formats/luks2-header.ts';
import {
  makeLuks2Header,
  repairLuks2Checksum,
} from '../../../harness/formats/testing/make-luks2.ts';
import { readPcrlockFile, readPcrlockPrediction } from '../../../harness/tpm/pcrlock-file.ts';
import { PCRLOCK_FILE } from '../../../harness/tpm/testing/recorded-pcrlock.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii } from '../words.ts';

const TOKEN = {
  type: 'systemd-tpm2',
  'tpm2-pcrs': [4, 7],
  'tpm2-policy-hash': 'ab'.repeat(32),
  tpm2_pcrlock: true,
};

/** Readers of what says to which policy a key is sealed. */
export const SEALED_KEY_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'luks2-token',
    covers: ['readLuks2Tokens'],
    made: () => [
      makeLuks2Header({ keyslots: {}, tokens: { 0: TOKEN } }),
      makeLuks2Header({ tokens: { 0: { type: 'luks2-keyring' }, 1: TOKEN } }),
    ],
    words: ascii(
      'LUKS\xba\xbe',
      '"tokens":',
      '"systemd-tpm2"',
      '"__proto__":',
      'sha256',
      '{"',
      '[[',
    ),
    repair: repairLuks2Checksum,
    read: (bytes) => readLuks2Tokens(bytesSource('volume', bytes)),
  },
  {
    name: 'pcrlock',
    covers: ['readPcrlockFile', 'readNvPublic'],
    made: () => [Buffer.from(JSON.stringify(PCRLOCK_FILE))],
    words: ascii('"pcrBank":', '"sha384"', '"pcrValues":', '"nvPublic":', '"__proto__":', '1e999'),
    read: (bytes) => readPcrlockFile(bytesSource('pcrlock.json', bytes)),
  },
  {
    name: 'pcrlock-prediction',
    covers: ['readPcrlockPrediction'],
    made: () => [Buffer.from(JSON.stringify({ sha256: PCRLOCK_FILE.pcrValues }))],
    words: ascii('"sha256":', '"values":', '"__proto__":', '[[[[', 'null'),
    read: (bytes) => readPcrlockPrediction(bytesSource('predict', bytes), 'sha256'),
  },
];
