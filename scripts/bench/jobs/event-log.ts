import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { ALL_BANKS, BANKS } from '../../../harness/measure/bank.ts';
import { agileRecord, specIdRecord } from '../../../harness/measure/testing/log-bytes.ts';
import { readPcrValues } from '../../../harness/tpm/pcrread.ts';
import { cvm, peer } from '../commands.ts';
import type { Job } from '../job.ts';
import { seededChunks } from '../seeded-file.ts';

/** Events of a log of about 40 KB, each with a text of so many bytes. */
const EVENTS = 130;
const TEXT_BYTES = 100;

/** PCRs that a firmware extends. */
const PCRS = 8;

/** An event log, read and replayed. */
export const EVENT_LOG: Job = {
  name: 'eventlog',
  ours: 'cvm eventlog, 40 KB',
  peer: 'tpm2_eventlog',
  prepare: async (folder) => {
    const log = join(folder, 'binary_bios_measurements');
    const theirs = peer('/usr/bin/tpm2_eventlog', [log], { readable: [folder] });
    await writeFile(log, makeLog());
    return {
      ours: cvm('eventlog', '--json', log),
      peer: theirs,
      agree: (a, b) => {
        const values = readPcrValues(bytesSource('tpm2_eventlog', Buffer.from(b)));
        return isDeepStrictEqual(JSON.parse(a).pcrs, values) || 'the replayed PCRs differ';
      },
    };
  },
};

function makeLog(): Buffer {
  const algorithms = ALL_BANKS.map((bank) => [BANKS[bank].algId, BANKS[bank].digestBytes] as const);
  const texts = [...seededChunks('event log', (EVENTS * TEXT_BYTES) / 2)];
  const hex = Buffer.concat(texts).toString('hex');
  const records = Array.from({ length: EVENTS }, (_, event) => {
    const data = Buffer.from(hex.slice(event * TEXT_BYTES, (event + 1) * TEXT_BYTES));
    const digests = ALL_BANKS.map(
      (bank) => [BANKS[bank].algId, createHash(bank).update(data).digest('hex')] as const,
    );
    return agileRecord(event % PCRS, 'EV_EFI_ACTION', digests, data);
  });
  return Buffer.concat([specIdRecord(algorithms), ...records]);
}
