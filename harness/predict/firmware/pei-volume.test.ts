import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import manifest from '../../../ovmf/manifest.json' with { type: 'json' };
import { bytesSource } from '../../bytes/source.ts';
import { type OvmfBuild, readOvmfBuild } from '../../formats/ovmf-build.ts';
import { FIXTURES_MISSING, openFixtures } from '../../formats/testing/fixtures.ts';
import type { Platform } from '../platform.ts';
import { predictFirmwareCode } from './firmware-code.ts';
import { computePeiVolume } from './pei-volume.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const FIRMWARE = fileURLToPath(new URL('../../.cache/firmware/', import.meta.url));

/**
 * What swtpm was sent by each build's firmware in real boots: QEMU 10.0.13, TCG, q35. That of 2025.02
 * was also seen with QEMU 7.2. Builds that relocate SMM measure something else on each machine.
 */
const MEASURED: Readonly<Record<string, string | undefined>> = {
  '2025.02 plain': 'a386f05738e11e7b8c253dc47b96bfc66d3d9ce62ee7b30ee3d4a6c5215e7e4e',
  '2025.02 secure-boot': undefined,
  '2026.08 plain': '10e48f005bc9f46830c4596b9ab6f8d0b98427f08e17d6d0e6eef582a7b12512',
  '2026.08 secure-boot': undefined,
  '2026.08 amd-sev': 'ec695622a12d76457a530a1669545d67bdd2a2d34924fc3a93b819554a200fef',
};

/** A build of which only the volumes matter here. */
function madeBuild(peiVolume: Uint8Array): OvmfBuild {
  return {
    hasSecureBoot: false,
    needsSmm: false,
    verifiesEcdsa: false,
    version: undefined,
    peiVolume: bytesSource('pei', peiVolume),
    dxeVolume: bytesSource('dxe', new Uint8Array(1)),
  };
}

function predicted(build: OvmfBuild, platform: Platform) {
  const { events, unpredictable } = predictFirmwareCode({ banks: ['sha256'] }, build, platform);
  const volume = events.find(({ description }) => description.includes('PEI modules'));
  return { volume, reasons: unpredictable.map(({ reason }) => reason).join('\n') };
}

const missing = `Debian's builds: skipped, none at ${FIRMWARE}; run scripts/setup`;
const available = manifest.builds.filter(({ code }) => existsSync(FIRMWARE + code.file));

describe.skipIf(available.length === 0)(
  available.length === 0 ? missing : "Debian's builds",
  () => {
    it.for(available)('measure as they did when they ran: $generation $variant', (build) => {
      const { code, generation, variant } = build;
      const { peiVolume } = readOvmfBuild(
        bytesSource(code.file, readFileSync(FIRMWARE + code.file)),
      );
      const computed = computePeiVolume(peiVolume);
      const seen = MEASURED[`${generation} ${variant}`];
      expect(computed && sha256(computed).slice(0, seen?.length)).toBe(seen);
    });
  },
);

const { source } = openFixtures('launch', {});

describe.skipIf(FIXTURES_MISSING)(
  `Debian's AmdSev build${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    const build = () => readOvmfBuild(source('OVMF.amdsev.2026.08.fd'));

    it('has a rule, and says so', () => {
      const { volume, reasons } = predicted(build(), {});
      expect(volume?.digests.sha256).toBe(MEASURED['2026.08 amd-sev']);
      expect(volume).toMatchObject({ basis: 'computed' });
      expect(volume?.description).toContain('by a rule of its build');
      expect(reasons).not.toContain('PEI');
    });

    it('keeps its rule where memory agrees', () => {
      const peiVolume = computePeiVolume(build().peiVolume) ?? new Uint8Array();
      const { volume } = predicted(build(), { firmwareMemory: { peiVolume } });
      expect(volume).toMatchObject({ basis: 'computed' });
    });

    it('loses its rule where memory refutes it', () => {
      const peiVolume = Uint8Array.of(1, 2, 3);
      const { volume } = predicted(build(), { firmwareMemory: { peiVolume } });
      expect(volume).toMatchObject({ basis: 'learned', digests: { sha256: sha256(peiVolume) } });
    });
  },
);

describe('a build without a rule', () => {
  const build = madeBuild(Uint8Array.of(1, 2, 3));

  it('has none, whatever its volume holds', () => {
    expect(computePeiVolume(build.peiVolume)).toBeUndefined();
  });

  it('is learned', () => {
    const peiVolume = Uint8Array.of(1, 2, 4);
    const { volume } = predicted(build, { firmwareMemory: { peiVolume } });
    expect(volume).toMatchObject({ basis: 'learned', digests: { sha256: sha256(peiVolume) } });
    expect(volume?.description).toContain('from the memory of the firmware run alone');
  });

  it('is unknown where nothing was learned', () => {
    const { volume, reasons } = predicted(build, {});
    expect(volume).toBeUndefined();
    expect(reasons).toContain('for this build no rule is known');
  });
});
