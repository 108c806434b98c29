import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import { hashKernel } from '../../harness/sev/hashes-table.ts';
import { checkIdBlock, makeIdBlock, wrongIdBlocks } from './id-blocks.ts';
import { withOtherBit } from './launch-of.ts';
import { notOnThisHost } from './not-on-this-host.ts';

describe('a source with one bit changed', () => {
  const bytes = Uint8Array.of(0, 1, 2, 3, 4);
  const changed = withOtherBit(bytesSource('bytes', bytes), 2);

  it('differs there, however it is read', () => {
    expect(changed.read(0, 5)).toEqual(Uint8Array.of(0, 1, 3, 3, 4));
    expect(changed.read(2, 1)).toEqual(Uint8Array.of(3));
    expect(changed.read(3, 2)).toEqual(Uint8Array.of(3, 4));
    expect(changed.read(0, 2)).toEqual(Uint8Array.of(0, 1));
    expect(bytes).toEqual(Uint8Array.of(0, 1, 2, 3, 4));
  });

  it('has the hash of its bytes', () => {
    const expected = createHash('sha256')
      .update(Uint8Array.of(0, 1, 3, 3, 4))
      .digest();
    expect(Buffer.from(hashKernel({ kernel: changed }).kernel)).toEqual(expected);
  });
});

describe('ID blocks of a run', () => {
  const identity = { measurement: new Uint8Array(48).fill(0xd1), policy: 0x30000n };

  it('verify for their launch', () => {
    const checks = checkIdBlock(makeIdBlock(identity), identity);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('are refused for the one thing that is wrong with them', () => {
    for (const { refusedBy, what, ...block } of wrongIdBlocks(identity)) {
      const failed = checkIdBlock(block, identity).filter(({ ok }) => !ok);
      expect(
        failed.map(({ name }) => name),
        what,
      ).toEqual([refusedBy]);
    }
  });
});

describe('what this host cannot look at', () => {
  it('is skipped with what is missing', () => {
    expect(notOnThisHost('the report is good', ['no /dev/sev'], 'f')).toMatchObject({
      state: 'skip',
      sentence: 'not looked at whether the report is good: this host has no /dev/sev',
    });
  });
});
