import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { readSwtpmLog } from './swtpm-log.ts';
import { CLEAR_STARTUP, loggedExchange } from './testing/swtpm-text.ts';

const CONTROL =
  ' Ctrl Cmd: length 4\n 00 00 00 01 \n Ctrl Rsp: length 8\n 00 00 00 00 00 00 FF FF \n';
const GET_RANDOM = '80010000000c0000017b0010';

const read = (text: string) => readSwtpmLog(bytesSource('swtpm.log', Buffer.from(text)));

describe("swtpm's log", () => {
  it('gives every command with its response, and nothing of the control channel', () => {
    const answer = `80010000001c000000000010${'ab'.repeat(16)}`;
    const text = CONTROL + loggedExchange(CLEAR_STARTUP) + loggedExchange(GET_RANDOM, answer);
    expect(
      read(text).map(({ command, response }) => [toHex(command), response && toHex(response)]),
    ).toEqual([
      [CLEAR_STARTUP, '80010000000a00000000'],
      [GET_RANDOM, answer],
    ]);
    expect(read(text)[1]?.offset).toBe((CONTROL + loggedExchange(CLEAR_STARTUP)).length);
  });

  it('may end behind a command that was not answered', () => {
    const [only] = read(loggedExchange(GET_RANDOM).split(' SWTPM_IO_Write')[0] ?? '');
    expect(only?.response).toBeUndefined();
  });

  it.each([
    ['nothing', '', 'with TPM commands'],
    ['a response alone', ' SWTPM_IO_Write: length 2\n 80 01 \n', 'a command'],
    ['a command that ends too early', ' SWTPM_IO_Read: length 12\n 80 01 \n', 'announced length'],
    [
      'a command that another line cuts short',
      ` SWTPM_IO_Read: length 12\n 80 01 \nCtrl Cmd: length 4\n 00 00 00 01\n`,
      'announced length',
    ],
    [
      'two commands in a row',
      ` SWTPM_IO_Read: length 2\n 80 01 \n SWTPM_IO_Read: length 2\n 80 01 \n`,
      'the response',
    ],
    ['a command longer than a TPM takes', ' SWTPM_IO_Read: length 5000\n 80 01 \n', 'TPM commands'],
  ])('is refused with %s', (_, text, expected) => {
    expect(() => read(text)).toThrow(FormatError);
    expect(() => read(text)).toThrow(expected);
  });

  it('gives exchanges or a FormatError whatever is changed', () => {
    const sound = CONTROL + loggedExchange(CLEAR_STARTUP) + loggedExchange(GET_RANDOM);
    fc.assert(
      fc.property(fc.nat(sound.length), fc.string({ maxLength: 20 }), (at, text) => {
        try {
          read(sound.slice(0, at) + text + sound.slice(at + text.length));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
