import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { Dossier } from '../../harness/evidence/dossier.ts';
import { judgeCmdline } from './cmdline.ts';

function booted(cmdline: string): Dossier {
  const source = bytesSource('cmdline', Buffer.from(cmdline));
  return { file: () => source, has: () => true } as unknown as Dossier;
}

describe('the command line of a twin', () => {
  it('passes where the kernel ran with the word', () => {
    expect(judgeCmdline(booted('quiet cvm.twin=1\n'), 'cvm.twin=1')).toMatchObject({
      state: 'pass',
      sentence: 'the kernel ran with cvm.twin=1',
    });
  });

  it.each(['quiet\n', '', 'cvm.twin=11', 'xcvm.twin=1'])('proves nothing with %j', (cmdline) => {
    expect(judgeCmdline(booted(cmdline), 'cvm.twin=1')).toMatchObject({
      state: 'vacuous',
      sentence: 'the kernel did not run with cvm.twin=1',
      expected: 'a command line with cvm.twin=1',
    });
  });

  it('shows control characters as what they are', () => {
    expect(judgeCmdline(booted('a\u001b[31m'), 'b').observed).toBe('a\\u{1b}[31m');
  });
});
