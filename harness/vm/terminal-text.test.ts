import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { terminalText } from './terminal-text.ts';

describe('the text that a terminal shows', () => {
  it('is what OVMF says after it has cleared the screen', () => {
    const line =
      '\x1b[2J\x1b[001;001H\x1b[=3h\x1b[2J\x1b[001;001H\x1b[8;056;240t\x1b[2J\x1b[001;001HBdsDxe: loading Boot0002';
    expect(terminalText(line)).toBe('BdsDxe: loading Boot0002');
  });

  it('is what systemd says in colours and in window titles', () => {
    expect(terminalText('[\x1b[0;32m  OK  \x1b[0m] Started')).toBe('[  OK  ] Started');
    expect(terminalText('\x1b]3008;start=1;type=boot\x1b\\Welcome')).toBe('Welcome');
    expect(terminalText('\x1b]0;title\x07Welcome')).toBe('Welcome');
  });

  it('has tabs, and no NUL or other control characters', () => {
    expect(terminalText('\0a\0\tb\x07\x7f')).toBe('a\tb');
  });

  it('never has an escape character, whatever came', () => {
    const unit = fc.constantFrom('\x1b', '[', ']', '\\', '\x07', '0', ';', 'm', 'a', ' ');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (line) => {
        expect(terminalText(line)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('costs linear time', () => {
    const startedAt = performance.now();
    for (const unit of ['\x1b]', '\x1b[', '\x1b[0;', '\x1b]x\x1b']) {
      terminalText(unit.repeat(200_000));
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
