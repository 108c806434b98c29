import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { builtInCommandLine, stubArguments } from './stub-command-line.ts';

const release = (version: number) => ({ release: `${version}`, version });

function builtIn(version: number, text: string | Uint8Array) {
  return builtInCommandLine(release(version), bytesSource('.cmdline', Buffer.from(text)));
}

describe('the command line in a UKI', () => {
  it.each([
    [252, ' a\tb \n', ' a\tb \n'],
    [253, ' a\tb\x7f \n', ' a b\x7f'],
    [254, '\n', ''],
    [255, ' a\tb\x7f \n', 'a b'],
    [257, '\x01a  b\n', 'a  b'],
    [258, 'ä\x80 ', 'ä\x80'],
  ])('is what the stub of v%s makes of %j', (version, text, expected) => {
    expect(builtIn(version, text)).toBe(expected);
  });

  it('ends at its NUL, and has no characters beyond 16 bits', () => {
    expect(builtIn(257, 'a b\0c')).toBe('a b');
    expect(builtIn(257, 'a\u{1f600}b')).toBe('ab');
  });

  it('is UTF-8 of reasonable size', () => {
    const place = { name: 'FormatError', file: '.cmdline', offset: 0 };
    for (const bytes of [Uint8Array.of(0xff), new Uint8Array(0x10001)]) {
      expect(() => builtIn(257, bytes)).toThrow(expect.objectContaining(place));
    }
  });
});

describe('load options', () => {
  it('choose a profile from v257 on', () => {
    const loadOptions = '@12 quiet';
    expect(stubArguments(release(257), loadOptions)).toEqual({ profile: 12, commandLine: 'quiet' });
    expect(stubArguments(release(256), loadOptions)).toEqual({
      profile: 0,
      commandLine: loadOptions,
    });
    expect(stubArguments(undefined, '@1')).toEqual({ profile: 1, commandLine: undefined });
    expect(stubArguments(undefined, '@1x')).toEqual({ profile: 0, commandLine: '@1x' });
  });

  // systemd src/boot/stub.c, process_arguments at v258 and v259.
  it.each([
    ['a\x1fb', 'a b', undefined],
    ['a\nb', 'a b', undefined],
    ['quiet', 'quiet', 'quiet'],
  ])('%j are text, which v259 looks at as a whole', (loadOptions, until258, since259) => {
    expect(stubArguments(release(258), loadOptions).commandLine).toBe(until258);
    expect(stubArguments(release(259), loadOptions).commandLine).toBe(since259);
  });

  it.each([undefined, '', '\x1fa'])('hold no command line where they are %j', (loadOptions) => {
    expect(stubArguments(release(252), loadOptions).commandLine).toBeUndefined();
  });

  it('of blanks alone count until v256', () => {
    expect(stubArguments(release(256), '  ').commandLine).toBe('');
    expect(stubArguments(release(257), '  ').commandLine).toBeUndefined();
  });
});
