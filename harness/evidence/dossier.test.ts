import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { openDossier } from './dossier.ts';

const PCRS = Buffer.from('sha256:\n');

function entry(file: string, content: Uint8Array) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { file, bytes: content.length, sha256, witness: 'guest command' };
}

const INDEX = {
  schemaVersion: 1,
  machine: { name: 'uki' },
  accelerator: 'tcg',
  startedAt: '2026-11-21T07:32:17.007Z',
  stages: [{ stage: 'firmware', atMs: 0.5 }],
  answeredAtMs: null,
  inputs: [],
  tools: {},
  files: [entry('pcrread.txt', PCRS)],
};

function opened(index: unknown, files: Readonly<Record<string, Uint8Array>> = {}) {
  const bytes = Buffer.from(typeof index === 'string' ? index : JSON.stringify(index));
  return openDossier(bytesSource('dossier.json', bytes), (file) => {
    const content = { 'pcrread.txt': PCRS, ...files }[file];
    if (content !== undefined) return bytesSource(file, content);
    throw new FormatError({ file, offset: 0, expected: 'a file', found: 'none' });
  });
}

describe('a dossier', () => {
  it('gives the files that were collected', () => {
    const dossier = opened(INDEX);
    expect(dossier.index.machine.name).toBe('uki');
    expect([dossier.has('pcrs'), dossier.has('eventLog')]).toEqual([true, false]);
    expect(dossier.file('pcrs').size).toBe(PCRS.length);
  });

  it('says what it has where a file is asked for that it has not', () => {
    expect(() => opened(INDEX).file('eventLog')).toThrow(
      'dossier.json: at 0x0: expected a dossier with binary_bios_measurements, found pcrread.txt',
    );
    expect(() => opened({ ...INDEX, files: [] }).file('pcrs')).toThrow('found one without files');
  });

  it('is refused with a file that was changed or cut off', () => {
    expect(() => opened(INDEX, { 'pcrread.txt': Buffer.from('sha384:\n') })).toThrow(
      /^pcrread\.txt: at 0x0: expected the file that was collected, 8 bytes, SHA-256 [0-9a-f]{64}, found SHA-256 [0-9a-f]{64}$/,
    );
    expect(() => opened(INDEX, { 'pcrread.txt': PCRS.subarray(0, 7) })).toThrow('found 7 bytes');
  });

  it('is refused with a file missing, an empty one too', () => {
    const files = [entry('dmesg.txt', new Uint8Array(0))];
    expect(() => opened({ ...INDEX, files })).toThrow('dmesg.txt: at 0x0: expected a file');
  });

  it.each([
    ['another schema version', { schemaVersion: 2 }, 'schemaVersion: '],
    ['no machine', { machine: undefined }, 'machine: '],
    ['a key that this version does not know', { more: 1 }, 'the value: '],
    ['a file that stands there twice', { files: [...INDEX.files, ...INDEX.files] }, 'files: '],
    ['too many files', { files: Array.from({ length: 65 }, () => INDEX.files[0]) }, 'files: '],
  ])('is refused with %s', (_, changes, found) => {
    const start = 'dossier.json: at 0x0: expected the index of a dossier, schema version 1, found ';
    expect(() => opened({ ...INDEX, ...changes })).toThrow(start + found);
  });

  it.each(['..', '.', '../pcrread.txt', '/etc/passwd', 'a/b', 'a\0b', 'a\nb', '', '.hidden'])(
    'is refused with the file name %j',
    (file) => {
      const index = { ...INDEX, files: [entry(file, PCRS)] };
      expect(() => opened(index, { [file]: PCRS })).toThrow(/found files\.0\.file: /);
    },
  );

  it.each(['', 'null', '[]', '{', '\xff'])('is refused with the index %j', (text) => {
    expect(() => opened(text)).toThrow(FormatError);
  });

  it('is opened or refused, whatever its index says', () => {
    const text = JSON.stringify(INDEX);
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(8), fc.string({ maxLength: 8 }), (at, cut, put) => {
        try {
          opened(text.slice(0, at) + put + text.slice(at + cut));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
