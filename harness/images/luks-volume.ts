import { createCipheriv, randomBytes } from 'node:crypto';
import { open, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** Size of the LUKS2 header with its key slots; what is encrypted begins behind it. */
const HEADER_BYTES = 4 << 20;

const SECTOR_BYTES = 512;

/** Two keys of AES-256, for XTS. */
const VOLUME_KEY_BYTES = 64;

const FORMAT_MS = 60_000;

/** A volume to be made. */
export type LuksVolume = {
  /** Path of the file to be made. */
  readonly path: string;
  /** What is encrypted, a whole number of sectors. */
  readonly content: Uint8Array;
  /** Path of the file with a passphrase that opens it, for whoever enrolls other keys. */
  readonly passphrase: string;
};

/**
 * Makes a LUKS2 volume in a file (LUKS2 On-Disk Format 1.1), without device mapper: cryptsetup writes the
 * header; what is in it is encrypted here, as dm-crypt would read it (aes-xts-plain64).
 *
 * @throws InfraError where cryptsetup fails
 */
export async function makeLuksVolume(
  { path, content, passphrase }: LuksVolume,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const key = randomBytes(VOLUME_KEY_BYTES);
  const keyFile = join(dirname(path), 'volume.key');
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFile(path, '');
  await truncate(path, HEADER_BYTES + content.length);
  const args = [
    ...[
      'luksFormat',
      '--batch-mode',
      '--type',
      'luks2',
      '--offset',
      `${HEADER_BYTES / SECTOR_BYTES}`,
    ],
    ...['--cipher', 'aes-xts-plain64', '--key-size', `${VOLUME_KEY_BYTES * 8}`],
    ...['--sector-size', `${SECTOR_BYTES}`, '--luks2-metadata-size', '32k'],
    // The passphrase has 256 bits of its own: what slows down guessing would only slow down the test.
    ...['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'],
    ...['--key-file', passphrase, '--volume-key-file', keyFile, path],
  ];
  const command = toolCommand(tools, 'cryptsetup', args, {
    readable: [passphrase],
    directory: dirname(path),
  });
  await runTool(command, { ...context, deadlineMs: FORMAT_MS });
  await rm(keyFile);
  await using file = await open(path, 'r+');
  await file.write(encrypted(content, key), 0, content.length, HEADER_BYTES);
}

function encrypted(content: Uint8Array, key: Uint8Array): Buffer {
  const sectors: Buffer[] = [];
  for (let offset = 0; offset < content.length; offset += SECTOR_BYTES) {
    const tweak = Buffer.alloc(16);
    tweak.writeBigUInt64LE(BigInt(offset / SECTOR_BYTES));
    const cipher = createCipheriv('aes-256-xts', key, tweak);
    sectors.push(cipher.update(content.subarray(offset, offset + SECTOR_BYTES)), cipher.final());
  }
  return Buffer.concat(sectors);
}

/** To which state of a TPM a key is sealed. */
export type SealingPolicy = {
  /** Values that PCRs must have (SHA-256 bank), lower-case hex. */
  readonly pcrs?: Readonly<Record<number, string>>;
  /** Path of a public key (PEM), whose owner may sign which values PCR 11 may have. */
  readonly signer?: string;
  /** Path of the `pcrlock.json` of a policy that an NV index of the TPM holds. */
  readonly pcrlock?: string;
};

/**
 * Enrolls a key of a volume that one TPM gives out in one state: for a TPM that is not there, of which only
 * its storage root key is known, and for PCR values that nobody has seen.
 *
 * @param volume path of the volume
 * @param passphrase path of the file with the passphrase that opens it
 * @param storageRootKey path of the TPM's SRK at handle 0x81000001, a TPM2B_PUBLIC
 * @throws InfraError where systemd-cryptenroll fails
 */
export async function enrollTpmKey(
  volume: string,
  passphrase: string,
  storageRootKey: string,
  { pcrs = {}, signer, pcrlock }: SealingPolicy,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  const values = Object.entries(pcrs).map(([pcr, value]) => `${pcr}:sha256=${value}`);
  const args = [
    ...[`--unlock-key-file=${passphrase}`, `--tpm2-device-key=${storageRootKey}`],
    ...[`--tpm2-pcrs=${values.join('+')}`, `--tpm2-public-key=${signer ?? ''}`],
    ...(signer === undefined ? [] : ['--tpm2-public-key-pcrs=11']),
    `--tpm2-pcrlock=${pcrlock ?? ''}`,
    volume,
  ];
  const command = toolCommand(tools, 'systemd-cryptenroll', args, {
    readable: [passphrase, storageRootKey, signer, pcrlock].filter((path) => path !== undefined),
    directory: dirname(volume),
  });
  await runTool(command, { ...context, deadlineMs: FORMAT_MS });
}
