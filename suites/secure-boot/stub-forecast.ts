import { type ByteSource, bytesSource } from '../../harness/bytes/source.ts';
import type { ExpectedStart } from '../../harness/judge/judge-stub-start.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { followBootChain } from '../../harness/predict/boot-chain.ts';
import { findBootImage } from '../../harness/predict/boot-image.ts';
import { readMachineFirmware } from '../../harness/predict/firmware/firmware.ts';
import { readSignatureDatabases } from '../../harness/predict/firmware/signature-databases.ts';
import { predict } from '../../harness/predict/predict.ts';
import { loadOptionsEvents } from '../../harness/predict/stub/systemd-stub.ts';
import { startedSystem } from '../../harness/predict/stub/uki-boot.ts';
import { authenticodeOf } from './signed-image.ts';
import { type StubCase, WORDS } from './stub-cases.ts';
import type { StubImages } from './stub-images.ts';

const BANKS = { banks: ['sha256'] } as const;

/** Agents that measure after the kernel has begun. */
const LATER: readonly string[] = ['linux-efi-stub', 'ima', 'systemd'];

/** EV_EFI_ACTIONs of its end, in PCR 5. */
const AT_EXIT = /Exit Boot Services/;

/** What is measured until the kernel begins, and its command line. */
export function forecastStart(
  machine: Machine,
  files: ReadonlyMap<string, ByteSource>,
  which: StubCase,
  images: StubImages,
): ExpectedStart {
  const open = (path: string) => files.get(path) ?? bytesSource(path, new Uint8Array(0));
  const { events, unpredictable } = predict(machine, open, { ...BANKS, phases: '' });
  const entry = which.entry ? entryOf(images) : undefined;
  return {
    events: [...events, ...(entry?.events ?? [])]
      .filter(({ agent, description }) => !(LATER.includes(agent) || AT_EXIT.test(description)))
      .map(({ pcr, agent, description, digests }) => ({
        pcr,
        agent,
        description,
        sha256: digests.sha256 ?? '',
      })),
    unknown: entry ? [] : unpredictable.map(({ pcr }) => pcr),
    commandLine: entry?.commandLine ?? commandLineOf(machine, open, which.secureBoot),
  };
}

/**
 * What systemd-boot does with the only entry of its kind: it appends what SMBIOS has for it to the options
 * of the entry, measures both together, and has the kernel loaded, whose signer is already known.
 *
 * @see systemd src/boot/boot.c (call_image_start)
 */
function entryOf({ kernel }: StubImages) {
  const commandLine = `${WORDS.entry} ${WORDS.loader}`;
  const image = {
    pcr: 4,
    type: 'EV_EFI_BOOT_SERVICES_APPLICATION',
    agent: 'firmware' as const,
    description: 'the kernel of the entry',
    digests: { sha256: authenticodeOf(kernel) },
  };
  return { commandLine, events: [image, ...loadOptionsEvents(BANKS, 'systemd-boot', commandLine)] };
}

function commandLineOf(
  machine: Machine,
  open: (path: string) => ByteSource,
  isSecureBoot: boolean,
): string {
  const firmware = readMachineFirmware(machine.firmware, open);
  const image = { ...findBootImage(machine.boot, open), oemStrings: machine.oemStrings ?? [] };
  const databases = isSecureBoot
    ? readSignatureDatabases(firmware.store, firmware.build)
    : undefined;
  const { payload } = followBootChain(BANKS, firmware, image, databases);
  return payload.kind === 'uki' ? startedSystem(payload, isSecureBoot).commandLine : '';
}
