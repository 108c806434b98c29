import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from '../bytes/cursor.ts';
import { guidBytes } from '../bytes/guid.ts';
import { readVariableStore } from './efi-variable-store.ts';
import { readSignatureLists } from './signature-list.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

// UEFI 2.11, 32.4.1.
const SHA256 = 'c1c41626-504c-4092-aca9-41f936934328';
const X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const OWNER = '77fa9abd-0359-4d32-bd60-28f4e78f784b';

type Made = {
  readonly type?: string;
  readonly signatures?: readonly Uint8Array[];
  readonly header?: Uint8Array;
  readonly listSize?: number;
  readonly signatureSize?: number;
};

function make({ type = SHA256, signatures = [new Uint8Array(32)], header, ...sizes }: Made = {}) {
  const body = signatures.flatMap((data) => [guidBytes(OWNER), data]);
  const content = Buffer.concat([header ?? new Uint8Array(0), ...body]);
  const fields = Buffer.alloc(12);
  fields.writeUInt32LE(sizes.listSize ?? 28 + content.length, 0);
  fields.writeUInt32LE(header?.length ?? 0, 4);
  fields.writeUInt32LE(sizes.signatureSize ?? 16 + (signatures[0]?.length ?? 32), 8);
  return Buffer.concat([guidBytes(type), fields, content]);
}

function read(...bytes: readonly Uint8Array[]) {
  return readSignatureLists(new Cursor('db', new Uint8Array(Buffer.concat(bytes))));
}

describe('signature lists', () => {
  it('may be none', () => {
    expect(read()).toEqual([]);
  });

  it('follow each other', () => {
    const certificate = Uint8Array.of(0x30, 3, 2, 1, 5);
    const hashes = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];
    const lists = read(
      make({ type: X509, signatures: [certificate] }),
      make({ signatures: hashes }),
    );
    expect(lists.map(({ type, signatures }) => [type, signatures.length])).toEqual([
      ['x509', 1],
      ['sha256', 2],
    ]);
    expect(lists[0]?.signatures[0]).toEqual({
      owner: OWNER,
      data: certificate,
      bytes: new Uint8Array([...guidBytes(OWNER), ...certificate]),
    });
  });

  it('may have a type that is not known, with a header', () => {
    const type = '11111111-2222-3333-4444-555555555555';
    const [list] = read(make({ type, header: Uint8Array.of(1), signatures: [Uint8Array.of(9)] }));
    expect(list).toMatchObject({ type: 'other', typeGuid: type });
    expect(list?.signatures[0]?.data).toEqual(Uint8Array.of(9));
  });

  it.each([
    ['a hash of a wrong size', make({ signatures: [new Uint8Array(31)] }), 24],
    ['signatures without data', make({ type: X509, signatures: [new Uint8Array(0)] }), 24],
    ['a header that the type has not', make({ header: new Uint8Array(4) }), 20],
    ['a list below its header', make({ listSize: 27 }), 16],
    ['a list that cuts a signature', make({ listSize: 28 + 47 }), 16],
    ['a list beyond the end', make({ listSize: 28 + 96 }), 28],
    ['a rest', Buffer.concat([make(), Uint8Array.of(1)]), 76],
  ])('with %s are refused', (_, bytes, offset) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it('give a FormatError or a result, whatever is changed', () => {
    const bytes = Buffer.concat([
      make({ type: X509, signatures: [new Uint8Array(20)] }),
      make({ signatures: [new Uint8Array(32), new Uint8Array(32)] }),
    ]);
    fc.assert(
      fc.property(mutations(bytes), (changed) => {
        resultOrFormatError(() => read(changed));
      }),
    );
  });
});

const { index, source } = openFixtures<{
  readonly files: readonly { readonly file: string; readonly siglists: readonly string[] }[];
}>('vars', { files: [] });

/** What the index calls the types. */
const PEER_NAMES: Readonly<Record<string, string>> = {
  x509: 'guid:EfiCertX509',
  sha256: 'guid:EfiCertSha256',
};

describe.skipIf(FIXTURES_MISSING)(
  `the signature lists that virt-fw-vars finds${FIXTURES_MISSING ? `: skipped, ${FIXTURES_MISSING}` : ''}`,
  () => {
    it.each(index.files)('in $file', ({ file, siglists }) => {
      const { variables } = readVariableStore(source(file));
      const found = ['PK', 'KEK', 'db', 'dbx']
        .flatMap((name) => variables.filter((variable) => variable.name === name))
        .flatMap(({ name, data }) => readSignatureLists(new Cursor(name, data)))
        .map((list) => `siglist type=${PEER_NAMES[list.type]} count=${list.signatures.length}`);
      expect(found).toEqual(siglists);
    });
  },
);
