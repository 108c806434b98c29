import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readVariableStore } from './efi-variable-store.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import {
  interruptWrite,
  LAYOUT,
  type MadeRecord,
  makeRecord,
  makeVariableStore,
} from './testing/make-variable-store.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const ADDED = 0x3f;
const IN_DELETED_TRANSITION = 0x3e;
const DELETED = 0x3d;
const DELETED_AFTER_TRANSITION = 0x3c;
const HEADER_ONLY = 0x7f;

function read(bytes: Uint8Array) {
  return readVariableStore(bytesSource('vars.fd', bytes));
}

/** First bytes of the variables that are found: the tests tell records apart by them. */
function found(...records: readonly MadeRecord[]) {
  return read(makeVariableStore(records)).variables.map(({ data }) => data[0]);
}

const first = { data: Uint8Array.of(1) };
const second = { data: Uint8Array.of(2) };
const third = { data: Uint8Array.of(3) };

describe('a variable store', () => {
  it('may be empty', () => {
    expect(read(makeVariableStore([]))).toEqual({ authenticated: true, variables: [] });
  });

  it('gives variables as GetVariable() would', () => {
    const record = { name: 'Boöt', guid: '8be4df61-93ca-11d2-aa0d-00e098032b8c', attributes: 39 };
    const data = Uint8Array.of(5, 6, 7);
    expect(read(makeVariableStore([{ ...record, data }])).variables).toEqual([
      { ...record, data, timestamp: undefined },
    ]);
  });

  it('has time stamps in authenticated variables', () => {
    // EFI_TIME 2010-03-06 19:17:21, little-endian year.
    const time = Uint8Array.of(0xda, 0x07, 3, 6, 19, 17, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(read(makeVariableStore([{ time }])).variables[0]?.timestamp).toBe(
      '2010-03-06T19:17:21Z',
    );
  });

  it('may hold plain variables', () => {
    const store = read(makeVariableStore([{ name: 'Lang', ...first }], false));
    expect(store.authenticated).toBe(false);
    expect(store.variables).toMatchObject([{ name: 'Lang', data: first.data }]);
  });

  it.each([DELETED, DELETED_AFTER_TRANSITION, HEADER_ONLY])(
    'hides variables in state 0x%x',
    (state) => {
      expect(found({ ...first, state }, { name: 'KEK', ...second })).toEqual([2]);
    },
  );

  it('still has a variable that was about to be replaced', () => {
    expect(found({ ...first, state: IN_DELETED_TRANSITION })).toEqual([1]);
  });

  it('prefers the replacement, wherever it stands', () => {
    const old = { ...first, state: IN_DELETED_TRANSITION };
    expect(found(old, second)).toEqual([2]);
    expect(found(second, old)).toEqual([2]);
  });

  it('gives the first of equal variables, and the last of those about to be replaced', () => {
    expect(found(first, second)).toEqual([1]);
    const state = IN_DELETED_TRANSITION;
    expect(found({ ...first, state }, { ...second, state })).toEqual([2]);
  });

  it('tells vendors and names apart', () => {
    const guid = '937fe521-95ae-4d1a-8929-48bcd90ad31a';
    expect(found(first, { ...second, guid }, { ...third, name: 'DB' })).toEqual([1, 2, 3]);
  });

  it('passes over a header whose writing was cut off', () => {
    const cutOff = Uint8Array.from(makeRecord({ state: 0xff })).fill(0xff, 4, 60);
    const store = makeVariableStore([]);
    store.set(cutOff.subarray(0, 60), LAYOUT.records);
    store.set(makeRecord(second), LAYOUT.records + 60);
    expect(read(store).variables.map(({ data }) => data[0])).toEqual([2]);
  });

  it('ends where no record starts', () => {
    const store = makeVariableStore([first]);
    store.set(makeRecord({ name: 'KEK', ...second }), 0x1000);
    expect(read(store).variables).toHaveLength(1);
  });
});

describe('an interrupted write', () => {
  const store = makeVariableStore([first]);
  const content = makeVariableStore([second]);
  const SPARE_COMPLETE = 0xfd;
  const NOT_BEGUN = 0xff;
  const DESTINATION_COMPLETE = 0xf9;

  it('is finished from the spare area', () => {
    const { variables } = read(interruptWrite(store, content, SPARE_COMPLETE));
    expect(variables.map(({ data }) => data[0])).toEqual([2]);
  });

  it.each([NOT_BEGUN, DESTINATION_COMPLETE])('is left alone with flags 0x%x', (flags) => {
    const { variables } = read(interruptWrite(store, content, flags));
    expect(variables.map(({ data }) => data[0])).toEqual([1]);
  });

  it('is left alone where the working block is damaged', () => {
    const damaged = interruptWrite(store, content, SPARE_COMPLETE);
    damaged[LAYOUT.working + 16] = 0;
    expect(read(damaged).variables.map(({ data }) => data[0])).toEqual([1]);
  });
});

describe('what is no variable store', () => {
  const store = makeVariableStore([first]);
  const changed = (offset: number, ...bytes: number[]) => {
    const copy = Uint8Array.from(store);
    copy.set(bytes, offset);
    return copy;
  };

  it.each([
    ['an empty file', new Uint8Array(0), 0x0],
    ['text', Buffer.from('PK\u0003\u0004'.repeat(64)), 0x28],
    ['another file system', changed(16, 0), 0x32],
    ['a wrong header sum', changed(0x32, 0), 0x32],
    ['a volume that is cut off', store.subarray(0, 0x1ffff), 0x20],
    ['an unknown store', changed(0x48, 0), 0x48],
    ['a store larger than its volume', changed(0x58, 0xff, 0xff, 0xff), 0x58],
    ['an unformatted store', changed(0x5c, 0xff), 0x5c],
    ['an unhealthy store', changed(0x5d, 0xff), 0x5c],
  ])('%s is refused', (_, bytes, offset) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it('a data size beyond the end is refused', () => {
    const record = { dataSize: 0x0fffffff };
    expect(() => read(makeVariableStore([record]))).toThrow(
      expect.objectContaining({ name: 'FormatError', offset: LAYOUT.records + 66 }),
    );
  });

  it.each([
    ['without an end', Buffer.from('db', 'utf16le')],
    ['of an odd size', Buffer.from([0x64, 0, 0, 0, 0])],
  ])('a name %s is refused', (_, nameBytes) => {
    expect(() => read(makeVariableStore([{ nameBytes }]))).toThrow(
      expect.objectContaining({ name: 'FormatError', offset: LAYOUT.records + 60 }),
    );
  });

  it('gives a FormatError or a result, whatever is changed', () => {
    const full = interruptWrite(
      makeVariableStore([first, { name: 'KEK', ...second }, { state: DELETED }]),
      makeVariableStore([third]),
      0xfd,
    );
    fc.assert(
      fc.property(fc.oneof(mutations(full, 0x100), mutations(full)), (bytes) => {
        resultOrFormatError(() => read(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every variable it was made with', () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((text) => !text.includes('\0'));
    const record = fc.record({
      name,
      data: fc.uint8Array({ minLength: 1, maxLength: 99 }),
      state: fc.constant(ADDED),
    });
    const records = fc.uniqueArray(record, { selector: (made) => made.name, maxLength: 12 });
    fc.assert(
      fc.property(records, fc.boolean(), (made, authenticated) => {
        const { variables } = read(makeVariableStore(made, authenticated));
        expect(variables.map((v) => [v.name, [...v.data]])).toEqual(
          made.map((v) => [v.name, [...v.data]]),
        );
      }),
    );
  });
});

type Expected = {
  readonly name: string;
  readonly guid: string;
  readonly attr: number;
  readonly size: number;
  readonly sha256: string;
  readonly time: string | null;
};

const { index, source } = openFixtures<{
  readonly files: readonly { readonly file: string; readonly expected_variables: Expected[] }[];
}>('vars', { files: [] });

describe.skipIf(FIXTURES_MISSING)(
  `the variables that virt-fw-vars finds${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each(index.files)('in $file', ({ file, expected_variables: expected }) => {
      // virt-fw-vars knows variables by their name alone: of two vendors' the last remains.
      const byName = new Map(
        readVariableStore(source(file)).variables.map((variable) => [variable.name, variable]),
      );
      const found = [...byName.values()].map(({ name, guid, attributes, data, timestamp }) => ({
        name,
        guid,
        attr: attributes,
        size: data.length,
        sha256: createHash('sha256').update(data).digest('hex'),
        time: timestamp ?? null,
      }));
      expect(found).toEqual(
        expected.map(({ name, guid, attr, size, sha256, time }) => ({
          name,
          guid,
          attr,
          size,
          sha256,
          time: time === null ? null : timeText(time),
        })),
      );
    });
  },
);

/** The index has EFI_TIME as it is stored, in hex. */
function timeText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const date = Date.UTC(
    bytes.readUInt16LE(0),
    bytes.readUInt8(2) - 1,
    bytes.readUInt8(3),
    bytes.readUInt8(4),
    bytes.readUInt8(5),
    bytes.readUInt8(6),
  );
  return new Date(date).toISOString().replace('.000', '');
}
