import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { VARIABLE_GUIDS } from '../formats/efi-variable.ts';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import { makeSection, makeVolume } from '../formats/testing/make-firmware.ts';
import { type MadeRecord, makeVariableStore } from '../formats/testing/make-variable-store.ts';
import { renderVars, varsReport } from './vars.ts';

function report(records: readonly MadeRecord[], code: Uint8Array = new Uint8Array(0)) {
  const image = Buffer.concat([makeVariableStore(records), code]);
  return varsReport(bytesSource('vars.fd', new Uint8Array(image)));
}

const PK = { name: 'PK', guid: VARIABLE_GUIDS.global, attributes: 39 };
// EFI_TIME 2010-03-06 19:17:21.
const TIME = Uint8Array.of(0xda, 0x07, 3, 6, 19, 17, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0);

describe('cvm vars', () => {
  it('reports variables and the state of Secure Boot', () => {
    // SHA-256 of "abc": FIPS 180-2, B.1.
    expect(report([{ ...PK, data: Buffer.from('abc'), time: TIME }])).toEqual({
      variables: [
        {
          name: 'PK',
          guid: '8be4df61-93ca-11d2-aa0d-00e098032b8c',
          attributes: 39,
          size: 3,
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
          timestamp: '2010-03-06T19:17:21Z',
        },
      ],
      secureBoot: 'on',
    });
  });

  it('has no time stamp for a variable without one', () => {
    expect(report([PK]).variables[0]?.timestamp).toBeNull();
  });

  it('takes a store without keys to be in setup mode', () => {
    expect(report([])).toEqual({ variables: [], secureBoot: 'setup' });
  });

  it('asks the firmware, where the image has it, whether there is Secure Boot', () => {
    const cores = [0x04, 0x05].map((type) => ({ type, content: new Uint8Array(4) }));
    const name = makeSection(0x10, Buffer.from('SecureBootEnable\0', 'utf16le'));
    expect(report([PK], makeVolume({ files: cores })).secureBoot).toBe('absent');
    expect(report([PK], makeVolume({ files: [...cores, { content: name }] })).secureBoot).toBe(
      'on',
    );
  });

  it('is refused what is no store', () => {
    const text = Buffer.from('not a variable store'.repeat(9));
    expect(() => varsReport(bytesSource('a.txt', text))).toThrow(
      expect.objectContaining({ name: 'FormatError', file: 'a.txt', offset: 40 }),
    );
  });

  it('shows a table, whatever a name has in it', () => {
    const lines = renderVars(report([{ ...PK, time: TIME }, { name: 'a\n\u001b[31m' }])).split(
      '\n',
    );
    expect(lines).toEqual([
      'guid                                  name              attributes  size  sha256            time stamp',
      '8be4df61-93ca-11d2-aa0d-00e098032b8c  PK                0x27        3     039058c6f2c0cb49  2010-03-06T19:17:21Z',
      'd719b2cb-3d3a-4596-a3bc-dad00e67656f  a\\u{a}\\u{1b}[31m  0x7         3     039058c6f2c0cb49',
      'Secure Boot: on',
      '',
    ]);
  });
});

const { source } = openFixtures('vars', {});

describe.skipIf(FIXTURES_MISSING)(
  `variable stores as they are shipped${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each([
      ['OVMF_VARS_4M.2026.08.fd', 'setup'],
      ['OVMF_VARS_4M.ms.2026.08.fd', 'on'],
      ['OVMF_VARS_4M.snakeoil.2025.02.fd', 'on'],
      ['made-boot-entry.fd', 'setup'],
    ])('%s: %s', (file, secureBoot) => {
      expect(varsReport(source(file)).secureBoot).toBe(secureBoot);
    });
  },
);
