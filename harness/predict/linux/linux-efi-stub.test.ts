import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { FIXTURES_MISSING } from '../../formats/testing/fixtures.ts';
import { measuredPart, RECORDED_BANKS, recordedBoot } from '../testing/recorded-boot.ts';
import { type KernelArguments, linuxEfiStubEvents } from './linux-efi-stub.ts';

const NEW = 'Linux initrd\0..LOADED_IMAGE::LoadOptions\0';
const SHA256 = { banks: ['sha256'] } as const;

function digests(kernel: string, started: Partial<KernelArguments>) {
  const source = bytesSource('kernel', Buffer.from(kernel));
  const all = { commandLine: undefined, initrd: undefined, ...started };
  return linuxEfiStubEvents(SHA256, source, all).map((event) => event.digests.sha256);
}

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const initrd = [Buffer.from('ini'), Buffer.from('trd')];

describe("a kernel's EFI stub", () => {
  it('measures the command line, then the initrd', () => {
    expect(digests(NEW, { commandLine: 'a', initrd })).toEqual([
      sha256(Uint8Array.of(0x61, 0, 0, 0)),
      sha256('initrd'),
    ]);
  });

  it('measures what there is', () => {
    expect(digests(NEW, {})).toEqual([]);
    expect(digests(NEW, { commandLine: '' })).toEqual([sha256(Uint8Array.of(0, 0))]);
    expect(digests(NEW, { initrd })).toEqual([sha256('initrd')]);
  });

  it('measures what its version knows', () => {
    expect(digests('Linux initrd\0', { commandLine: 'a', initrd })).toEqual([sha256('initrd')]);
    expect(digests('an older one', { commandLine: 'a', initrd })).toEqual([]);
  });

  it('loads no initrd where it is told so', () => {
    expect(digests(NEW, { commandLine: 'a noinitrd b', initrd })).toHaveLength(1);
    expect(digests(NEW, { commandLine: 'xnoinitrd -- noinitrd', initrd })).toHaveLength(2);
  });

  it('is recognised wherever its texts are', () => {
    const kernel = Buffer.alloc((1 << 20) + 20);
    kernel.write('Linux initrd\0', (1 << 20) - 5);
    const source = bytesSource('kernel', kernel);
    expect(linuxEfiStubEvents(SHA256, source, { commandLine: 'a', initrd })).toHaveLength(1);
  });
});

describe.skipIf(FIXTURES_MISSING)(
  `the boots of the fixtures${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each(['i-sboff-nocreds', 'ii-sbon', 'iv-shim'])('%s measured its command line', (name) => {
      const file = new URL(`../../../../shared/fixtures/boots/${name}/cmdline`, import.meta.url);
      const commandLine = readFileSync(file, 'utf8').trimEnd();
      const kernel = bytesSource('kernel', Buffer.from(NEW));
      const started = { commandLine, initrd: undefined };
      const events = linuxEfiStubEvents({ banks: RECORDED_BANKS }, kernel, started);
      const recorded = recordedBoot(name).events.filter(({ pcr }) => pcr === 9);
      expect(events.map(measuredPart)).toEqual(recorded.slice(0, 1).map(measuredPart));
    });
  },
);
