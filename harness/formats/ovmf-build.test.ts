import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { encodeUtf16 } from '../bytes/utf16.ts';
import { readOvmfBuild } from './ovmf-build.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import {
  type MadeFile,
  makeLzmaSection,
  makeSection,
  makeSections,
  makeVolume,
} from './testing/make-firmware.ts';

const PEI_CORE = { type: 0x04, content: new Uint8Array(4) };
const DXE_CORE = { type: 0x05, content: new Uint8Array(4) };
const VARIABLE_SMM = '23a089b3-eed5-4ac5-b2ab-43e3298c2343';
const TCG2_PEI = 'a0c98b77-cba5-4bb8-993b-4af6ce33ece4';
const SMBIOS = '4110465d-5ff3-4f4b-b580-24ed0d06747a';

/** A driver whose image holds texts as C compilers leave them: UTF-16, ended by NUL. */
function driver(name: string, ...texts: readonly string[]): MadeFile {
  const image = encodeUtf16(texts.map((text) => `\0\u1234\0${text}\0`).join(''));
  const shownName = encodeUtf16('Driver\0');
  const content = makeSections(makeSection(0x10, image), makeSection(0x15, shownName));
  return { name, content };
}

/** A firmware image like OVMF's: PEI and DXE in one compressed file. */
function image(pei: readonly MadeFile[], dxe: readonly MadeFile[]): Uint8Array {
  const inner = [pei, dxe].map((files) => makeSection(0x17, makeVolume({ files })));
  const content = makeLzmaSection(makeSections(...inner));
  return makeVolume({ files: [{ type: 0x0b, content }] });
}

function read(pei: readonly MadeFile[], dxe: readonly MadeFile[]) {
  return readOvmfBuild(bytesSource('code.fd', image([PEI_CORE, ...pei], [DXE_CORE, ...dxe])));
}

describe('a build of OVMF', () => {
  it('may be plain', () => {
    expect(read([], [])).toMatchObject({
      hasSecureBoot: false,
      needsSmm: false,
      version: undefined,
    });
  });

  it('has its volumes', () => {
    const { peiVolume, dxeVolume } = read([], [driver(SMBIOS)]);
    expect(peiVolume.read(0, peiVolume.size)).toEqual(makeVolume({ files: [PEI_CORE] }));
    expect(dxeVolume.read(0, dxeVolume.size)).toEqual(
      makeVolume({ files: [DXE_CORE, driver(SMBIOS)] }),
    );
  });

  it('knows Secure Boot by its variable', () => {
    const { hasSecureBoot, needsSmm } = read([], [driver(SMBIOS, 'SecureBootEnable')]);
    expect({ hasSecureBoot, needsSmm }).toEqual({ hasSecureBoot: true, needsSmm: false });
  });

  it('may keep variables in SMM', () => {
    expect(read([], [driver(VARIABLE_SMM)]).needsSmm).toBe(true);
  });

  it('verifies ECDSA where the driver that verifies images has the curves', () => {
    const curve = '5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b';
    const content = makeSection(0x10, Buffer.from(curve, 'hex'));
    const verifier = { name: 'f80697e9-7fd6-4665-8646-88e33ef71dfc', content };
    expect(read([], [verifier]).verifiesEcdsa).toBe(true);
    expect(read([], [{ ...verifier, name: SMBIOS }]).verifiesEcdsa).toBe(false);
  });

  it('has its version in the drivers that use it', () => {
    const version = '2025.02-8+deb13u1';
    const pei = driver(TCG2_PEI, `@${version}`);
    expect(read([pei], [driver(SMBIOS, '11/08/2025', version)]).version).toBe(version);
    expect(read([pei], []).version).toBeUndefined();
  });

  it('is not read from an image without firmware', () => {
    const store = makeVolume({ files: [] });
    expect(() => readOvmfBuild(bytesSource('code.fd', store))).toThrow(
      expect.objectContaining({ name: 'FormatError', offset: 0 }),
    );
  });
});

const { source } = openFixtures('launch', {});

describe.skipIf(FIXTURES_MISSING)(
  `Debian's AmdSev build${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it('is of the version that its package has, without Secure Boot', () => {
      expect(readOvmfBuild(source('OVMF.amdsev.2026.08.fd'))).toMatchObject({
        hasSecureBoot: false,
        needsSmm: false,
        version: '2026.08+ds-2',
      });
    });
  },
);
