import { describe, expect, it } from 'vitest';
import type { EfiVariable } from '../../formats/efi-variable.ts';
import { readPe } from '../../formats/pe.ts';
import type { Shim } from '../../formats/shim.ts';
import { readShim } from '../../formats/shim.ts';
import { FIXTURES_MISSING, openFixtures } from '../../formats/testing/fixtures.ts';
import { measuredPart, RECORDED_BANKS, recordedBoot } from '../testing/recorded-boot.ts';
import { sbatLevelAfterShim } from './shim-sbat-level.ts';
import { mokLists, shimStateEvents } from './shim-state.ts';
import { SHIM_LOCK_GUID } from './shim-variables.ts';

const SHIM: Shim = {
  version: '16.1',
  vendorAuthorized: new Uint8Array(),
  vendorDeauthorized: new Uint8Array(),
  sbat: Buffer.from('sbat,1,a,b,c,d\nshim,4,a,b,c,d\n'),
  sbatLevels: {
    automatic: Buffer.from('sbat,1,2024010900\nshim,4\n'),
    latest: Buffer.from('sbat,1,2025010900\nshim,4\n'),
  },
  defaultLoader: 'grubx64.efi',
  hasBuildCertificate: false,
};

const ORIGINAL = 'sbat,1,2021030218\n';

const variable = (name: string, data: string | Uint8Array, attributes = 3): EfiVariable => ({
  guid: SHIM_LOCK_GUID,
  name,
  attributes,
  data: Buffer.from(data),
  timestamp: undefined,
});

function events(shim: Shim, variables: readonly EfiVariable[], level = ORIGINAL) {
  const forecast = { banks: ['sha256'] } as const;
  return shimStateEvents(forecast, mokLists(shim, variables), variables, Buffer.from(level));
}

describe('what shim measures of its state', () => {
  const told = (variables: readonly EfiVariable[]) =>
    events(SHIM, variables).map(({ pcr, description }) => [pcr, description.split(':', 1)[0]]);

  it('is the lists, SbatLevel and that the list is trusted, where no variable is set', () => {
    expect(told([])).toEqual([
      [14, 'MokList'],
      [14, 'MokListX'],
      [7, 'SbatLevel'],
      [14, 'MokListTrusted'],
    ]);
  });

  it('is MokSBState twice, no MokListTrusted that is set, and MokPolicy last', () => {
    const variables = ['MokSBState', 'MokListTrusted', 'MokPolicy', 'MokDBState'];
    expect(told(variables.map((name) => variable(name, Uint8Array.of(1))))).toEqual([
      [14, 'MokList'],
      [14, 'MokListX'],
      [7, 'MokSBState'],
      [14, 'MokSBState'],
      [7, 'SbatLevel'],
      [14, 'MokPolicy'],
    ]);
  });

  it('is nothing that the operating system could have set', () => {
    const attributes = 7;
    expect(told([variable('MokSBState', Uint8Array.of(1), attributes)])).toEqual(told([]));
  });

  it('is of an empty list one hash of zeros: compute-pcrs has its digest for Fedora and RHEL', () => {
    expect(events(SHIM, [])[1]?.digests.sha256).toBe(
      '8d8a3aae50d5d25838c95c034aadce7b548c9a952eb7925e366eda537c59c3b0',
    );
  });
});

describe('SbatLevel', () => {
  const level = (variables: readonly EfiVariable[], isSecureBoot: boolean, shim = SHIM) => {
    const after = sbatLevelAfterShim(shim, variables, isSecureBoot);
    return 'unknown' in after ? after : Buffer.from(after.data).toString();
  };
  const newer = 'sbat,1,2024060600\nshim,4\nx,1\n';
  const older = 'sbat,1,2023010100\nshim,4\n';

  it.each([
    ['is raised', [], true, 'sbat,1,2024010900\nshim,4\n'],
    [
      'is raised from an older one',
      [variable('SbatLevel', older)],
      true,
      'sbat,1,2024010900\nshim,4\n',
    ],
    ['is kept where it is newer', [variable('SbatLevel', newer)], true, newer],
    [
      'is not believed with other attributes',
      [variable('SbatLevel', newer, 7)],
      true,
      'sbat,1,2024010900\nshim,4\n',
    ],
    ['is reset without Secure Boot', [variable('SbatLevel', newer)], false, ORIGINAL],
    [
      'is the latest by policy',
      [variable('SbatPolicy', '\x01')],
      true,
      'sbat,1,2025010900\nshim,4\n',
    ],
    [
      'is not reset by policy with Secure Boot',
      [variable('SbatPolicy', '\x03')],
      true,
      'sbat,1,2024010900\nshim,4\n',
    ],
    [
      'is kept without Secure Boot by policy',
      [variable('SbatPolicy', '\x02'), variable('SbatLevel', newer)],
      false,
      newer,
    ],
  ])('%s', (_, variables, isSecureBoot, expected) => {
    expect(level(variables, isSecureBoot)).toBe(expected);
  });

  it('revokes shim itself', () => {
    const revoking = variable('SbatLevel', 'sbat,1,2030010100\nshim,5\n');
    expect(() => level([revoking], true)).toThrow('SbatLevel revokes shim itself: shim');
    expect(level([revoking], false)).toBe(ORIGINAL);
  });

  it('is not known where shim carries none, or may not replace it', () => {
    const authenticated = variable('SbatLevel', older, 0x23);
    expect(level([authenticated], true)).toHaveProperty('unknown');
    expect(level([], true, { ...SHIM, sbatLevels: undefined })).toHaveProperty('unknown');
  });
});

describe.skipIf(FIXTURES_MISSING)(`recorded state ${FIXTURES_MISSING ?? ''}`, () => {
  const pcr = openFixtures('pcr', {});
  const bytes = (file: string) => {
    const source = pcr.source(file);
    return source.read(0, source.size);
  };

  it("is that of a boot with Debian's shim, event by event", () => {
    const source = pcr.source('shimx64.efi.signed');
    const shim = readShim(source, readPe(source));
    if (shim === undefined) throw new TypeError('no shim');
    const recorded = recordedBoot('iv-shim');
    const mirrored = recorded.variables.find(({ name }) => name === 'MokListRT');
    const vendorBytes = 28 + 16 + shim.vendorAuthorized.length;
    const own = mirrored?.data.subarray(vendorBytes) ?? new Uint8Array();
    const variables = [variable('MokList', own)];
    const lists = mokLists(shim, variables);
    const level = sbatLevelAfterShim(shim, variables, true);
    if ('unknown' in level) throw new TypeError(level.unknown);
    const forecast = shimStateEvents({ banks: RECORDED_BANKS }, lists, variables, level.data);
    const first = recorded.events.findIndex((event) => event.pcr === 14);
    expect(forecast.map(measuredPart)).toEqual(
      recorded.events.slice(first, first + 4).map(measuredPart),
    );
  });

  it.each([
    ["a vendor's certificate", 'fedora-42', 'fedora-42.20250929.3.0', 28 + 16],
    ["a vendor's lists", 'rhel-9.6', 'rhel-9.6.20250523-0', 0],
  ])('is what compute-pcrs says of %s', (_, name, image, start) => {
    const vendorAuthorized = bytes(`compute-pcrs/mok-${name}/MokListRT`).subarray(start);
    const published: { readonly events: readonly { readonly hash: string }[] } = JSON.parse(
      Buffer.from(bytes(`compute-pcrs/qemu-ovmf-fedora-42/${image}/pcr14.json`)).toString(),
    );
    const measured = events({ ...SHIM, vendorAuthorized }, []).filter((event) => event.pcr === 14);
    expect(measured.map(({ digests }) => digests.sha256)).toEqual(
      published.events.map(({ hash }) => hash),
    );
  });
});
