import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { bytesSource } from '../bytes/source.ts';
import { authenticodeDigests } from '../formats/authenticode.ts';
import { winCertificate } from '../formats/efi-program.ts';
import { readPe } from '../formats/pe.ts';
import { makePe } from '../formats/testing/make-pe.ts';
import { makeCertificate, makeKey, makeSignature } from '../formats/testing/make-signature.ts';
import { makeVariableStore } from '../formats/testing/make-variable-store.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { Machine } from '../machine/machine.ts';
import { BOOTED, predict } from './predict.ts';
import { MADE_PARTITION, makeBootDisk, makeFirmwareImage, makeUki } from './testing/made-boot.ts';
import { UnbootableError } from './unbootable-error.ts';

const key = makeKey();
const certificate = makeCertificate({ subject: 'db', key });

/** An image with a signature that {@link certificate} verifies. */
function signed(make: (certificates: readonly Uint8Array[]) => Uint8Array): Uint8Array {
  const bare = bytesSource('image', make([]));
  const imageDigest = authenticodeDigests(bare, readPe(bare), ['sha256']).sha256 ?? '';
  const signers = [{ certificate, key }];
  return make([
    winCertificate(makeSignature({ imageDigest, signers, certificates: [certificate] })),
  ]);
}

function makeDisk(): Uint8Array {
  return makeBootDisk({
    'EFI/BOOT/BOOTX64.EFI': signed((certificates) => makeUki(257, { certificates })),
    'EFI/BOOT/BOOTX64.EFI.extra.d/a.addon.efi': signed((certificates) =>
      makePe({ certificates, sections: [{ name: '.cmdline', data: 'debug' }] }),
    ),
    'EFI/BOOT/BOOTX64.EFI.extra.d/c.cred': 'secret',
  });
}

function makeStore(): Uint8Array {
  const signature = Buffer.concat([new Uint8Array(16), certificate]);
  const header = Buffer.alloc(28);
  header.set(guidBytes('a5c059a1-94e4-4aa7-87b5-ab155c2bf072'));
  header.writeUInt32LE(header.length + signature.length, 16);
  header.writeUInt32LE(signature.length, 24);
  return makeVariableStore([
    { name: 'PK', guid: '8be4df61-93ca-11d2-aa0d-00e098032b8c' },
    { name: 'db', data: Buffer.concat([header, signature]) },
  ]);
}

const machine = Machine.parse({
  name: 'test',
  firmware: { kind: 'pflash', code: 'CODE', vars: 'VARS', smm: true },
  boot: { kind: 'disk', path: 'DISK', format: 'raw' },
});

const FILES = { CODE: makeFirmwareImage(), VARS: makeStore(), DISK: makeDisk() };

function predictFiles(files: Partial<typeof FILES>) {
  const all: Readonly<Record<string, Uint8Array>> = { ...FILES, ...files };
  const open = (path: string) => bytesSource(path, all[path] ?? new Uint8Array(0));
  return predict(machine, open, { banks: ['sha256'], phases: BOOTED });
}

/** A forecast, or one of the two errors that it may end with. */
function predictsOrRefuses(files: Partial<typeof FILES>): void {
  resultOrFormatError(() => {
    try {
      predictFiles(files);
    } catch (error) {
      if (!(error instanceof UnbootableError)) throw error;
    }
  });
}

describe('a forecast of damaged files', () => {
  it('is one of a boot with Secure Boot, where nothing is damaged', () => {
    const { events } = predictFiles({});
    const types = events.filter(({ pcr }) => pcr === 7).map(({ type }) => type);
    expect(types.filter((type) => type === 'EV_EFI_VARIABLE_AUTHORITY')).toHaveLength(1);
    expect(events.filter(({ pcr }) => pcr === 12)).toHaveLength(2);
  });

  it.each(['CODE', 'VARS'] as const)('%s is one, or an error', (file) => {
    fc.assert(
      fc.property(mutations(FILES[file], 1024), (bytes) => predictsOrRefuses({ [file]: bytes })),
      { numRuns: 300 },
    );
  });

  it('DISK is one, or an error', () => {
    const hot = fc.oneof(
      mutations(FILES.DISK),
      mutations(FILES.DISK, MADE_PARTITION.offset + 16 * 1024),
    );
    fc.assert(
      fc.property(hot, (DISK) => predictsOrRefuses({ DISK })),
      { numRuns: 500 },
    );
  });
});
