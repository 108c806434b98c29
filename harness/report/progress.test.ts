import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { LiveProgress } from './live-progress.ts';
import { PlainProgress } from './plain-progress.ts';

/** A terminal of 80 columns that keeps what it is sent. */
function terminal() {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns: 80, rows: 24 });
  return { stream, sent: () => String(stream.read() ?? '') };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are its subject
const TOKENS = /\x1b\[\??(\d*)(\w)|\n|[^\x1b\n]+/g;

/** Text that would be seen: the few control sequences that move and erase, carried out. */
function screen(sent: string): string {
  const rows = [''];
  let row = 0;
  for (const [token, count = '1', action = ''] of sent.matchAll(TOKENS)) {
    if (action === 'A') row -= Number(count);
    else if (action === 'K') rows[row] = '';
    else if (token === '\n') row += 1;
    else if (action === '') rows[row] = `${rows[row] ?? ''}${token}`;
  }
  return rows.join('\n');
}

test('in a log each event is a line', () => {
  const { stream, sent } = terminal();
  using progress = new PlainProgress(stream);
  progress.show({ kind: 'step', text: 'probing KVM', atMs: 40 });
  progress.show({ kind: 'stage', machine: 'a', text: 'firmware', atMs: 1500 });
  progress.show({ kind: 'stage', machine: 'a', text: 'firmware', atMs: 1600 });
  progress.show({ kind: 'stage', machine: 'b', text: 'firmware', atMs: 1700 });
  progress.show({ kind: 'done', machine: 'a', text: 'answered \u001b[2J', atMs: 24_000 });
  expect(sent()).toBe(
    [
      '    0.0 s  probing KVM',
      '    1.5 s  a: firmware',
      '    1.7 s  b: firmware',
      '   24.0 s  a: answered \\u{1b}[2J',
      '',
    ].join('\n'),
  );
});

test('on a terminal each machine that runs has one line, and what is done stays', () => {
  const { stream, sent } = terminal();
  using progress = new LiveProgress(stream);
  progress.show({ kind: 'stage', machine: 'a', text: 'firmware', atMs: 0 });
  progress.show({ kind: 'stage', machine: 'other', text: 'firmware \u001b[2J', atMs: 0 });
  progress.show({ kind: 'stage', machine: 'a', text: 'kernel', atMs: 9000 });
  const running = sent();
  expect(screen(running)).toBe('  a      kernel  0 s\n  other  firmware \\u{1b}[2J  0 s\n');
  progress.show({ kind: 'done', machine: 'a', text: 'answered', atMs: 24_000 });
  const one = running + sent();
  expect(screen(one)).toBe('   24.0 s  a: answered\n  other  firmware \\u{1b}[2J  0 s\n');
  progress[Symbol.dispose]();
  expect(screen(one + sent()).trimEnd()).toBe('   24.0 s  a: answered');
});

test('once disposed of, nothing is drawn and no timer is left', () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout');
  const before = timers();
  const { stream, sent } = terminal();
  const progress = new LiveProgress(stream);
  progress.show({ kind: 'step', text: 'waiting', atMs: 0 });
  progress[Symbol.dispose]();
  progress[Symbol.dispose]();
  sent();
  progress.show({ kind: 'step', text: 'late', atMs: 1 });
  expect(sent()).toBe('');
  expect(timers()).toEqual(before);
});
