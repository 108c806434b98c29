import { bytesSource } from '../../../harness/bytes/source.ts';
import { loggedDevicePath } from '../../../harness/formats/logged-device-path.ts';
import { digestMatchesData } from '../../../harness/measure/digest-match.ts';
import { describeEvent } from '../../../harness/measure/event-description.ts';
import { readEventLog } from '../../../harness/measure/event-log.ts';
import { replayLog } from '../../../harness/measure/log-replay.ts';
import {
  agileRecord,
  ascii as asciiBytes,
  digestOf,
  sha1Record,
  specIdRecord,
  u32,
  utf16 as utf16Bytes,
  variableData,
} from '../../../harness/measure/testing/log-bytes.ts';
import { readUserspaceLog } from '../../../harness/measure/userspace-log.ts';
import { readVariableData } from '../../../harness/measure/variable-data.ts';
import { extendsSinceStartup } from '../../../harness/tpm/pcr-extend.ts';
import { readSwtpmLog } from '../../../harness/tpm/swtpm-log.ts';
import {
  CLEAR_STARTUP,
  extendCommand,
  loggedExchange,
} from '../../../harness/tpm/testing/swtpm-text.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii } from '../words.ts';

const SHA1 = [4, digestOf('sha1', 1)] as const;
const SHA256 = [11, digestOf('sha256', 2)] as const;
const GUID = new Uint8Array(16).fill(0x61);

/** Readers of measurement logs. */
export const LOG_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'event-log',
    covers: ['readEventLog', 'readSha1Record', 'readAgileRecord', 'readSpecId'],
    made: () => [agileLog(), sha1Log()],
    fixtures: [
      'eventlogs/goatt-crypto_agile_eventlog.bin',
      'eventlogs/tpm2tools-event-uefi-sha1-log.bin',
      'eventlogs/tpm2tools-event-uefivar.bin',
      'eventlogs/goatt-short_no_action_eventlog.bin',
    ],
    words: ascii('Spec ID Event03\0', 'StartupLocality\0', 'grub_cmd: '),
    read: (bytes) => {
      const log = readEventLog(bytesSource('log', bytes));
      const descriptions = log.events.map((event) => describeEvent(event, loggedDevicePath));
      return [log, descriptions, log.events.map(digestMatchesData), replayLog(log)];
    },
  },
  {
    name: 'variable-data',
    covers: ['readVariableData'],
    made: () => [variableData(GUID, 'SecureBoot', Uint8Array.of(1))],
    read: (bytes) => readVariableData('event', bytes, 0),
  },
  {
    name: 'userspace-log',
    covers: ['readUserspaceLog'],
    made: () => [
      asciiBytes(`${record('"pcr":11')}${record('"pcr":15')}${record('"nv_index":17825792')}`),
    ],
    fixtures: ['boots/ii-sbon/tpm2-measure.log'],
    words: ascii(
      '\x1e{"',
      '"pcr":',
      '"digests":[',
      '"sha256"',
      'null',
      '1e999',
      '"__proto__":',
      '[[',
    ),
    read: (bytes) => readUserspaceLog(bytesSource('log', bytes)),
  },
  {
    name: 'swtpm-log',
    covers: ['readSwtpmLog'],
    made: () => [swtpmLog()],
    words: ascii(' SWTPM_IO_Read: length ', ' SWTPM_IO_Write: length ', '4096', '80 02 ', '01 82 '),
    read: (bytes) => extendsSinceStartup(readSwtpmLog(bytesSource('log', bytes))),
  },
];

function swtpmLog(): Uint8Array {
  const control = ' Ctrl Cmd: length 4\n 00 00 00 01 \n Ctrl Rsp: length 4\n 00 00 00 00 \n';
  const digests = [['000b', SHA256[1]]] as const;
  return asciiBytes(
    control + loggedExchange(CLEAR_STARTUP) + loggedExchange(extendCommand(4, digests)),
  );
}

function agileLog(): Uint8Array {
  const digests = [SHA1, SHA256];
  return Buffer.concat([
    specIdRecord([
      [4, 20],
      [11, 32],
    ]),
    agileRecord(0, 'EV_NO_ACTION', digests, asciiBytes('StartupLocality\0\x03')),
    agileRecord(0, 'EV_S_CRTM_VERSION', digests, utf16Bytes('version\0')),
    agileRecord(7, 'EV_EFI_VARIABLE_DRIVER_CONFIG', digests, variableData(GUID, 'db', GUID)),
    agileRecord(1, 'EV_EFI_HANDOFF_TABLES2', digests, new Uint8Array(40).fill(1)),
    agileRecord(5, 'EV_EFI_GPT_EVENT', digests, new Uint8Array(240).fill(1)),
    agileRecord(4, 'EV_EFI_BOOT_SERVICES_APPLICATION', digests, new Uint8Array(40)),
    agileRecord(9, 'EV_EVENT_TAG', digests, Buffer.concat([u32(0x8f3b22ec), u32(4), u32(1)])),
    agileRecord(8, 'EV_IPL', digests, asciiBytes('grub_cmd: set root\0')),
    agileRecord(4, 'EV_SEPARATOR', digests, u32(0)),
  ]);
}

function sha1Log(): Uint8Array {
  return Buffer.concat([
    sha1Record(0, 'EV_NO_ACTION', digestOf('sha1', 0), asciiBytes('Spec ID Event02\0')),
    sha1Record(0, 'EV_S_CRTM_VERSION', digestOf('sha1', 1), utf16Bytes('1')),
    sha1Record(8, 'EV_IPL', digestOf('sha1', 1), utf16Bytes('.linux')),
    new Uint8Array(64).fill(0xff),
  ]);
}

function record(where: string): string {
  const digests = `[{"hashAlg":"sha256","digest":"${SHA256[1]}"}]`;
  const content = '{"string":"enter-initrd","eventType":"phase"}';
  return `\x1e{${where},"digests":${digests},"content_type":"systemd","content":${content}}\n`;
}
