import { expect, it } from 'vitest';
import { quotedLine } from './quoted-line.ts';

it.each([
  [
    '[    5.321067] device-mapper: verity: 254:2: data block 8 is corrupted',
    'device-mapper: verity: 254:2: data block 8 is corrupted',
  ],
  [
    '[   12.000001] systemd-veritysetup[131]: Failed to load verity superblock',
    'systemd-veritysetup: Failed to load verity superblock',
  ],
  [
    '    6.878 [    9.874488] I/O error, dev vda, sector 133120',
    'I/O error, dev vda, sector 133120',
  ],
  ['systemd[1]: Freezing execution', 'systemd: Freezing execution'],
])('a line is quoted without time and process: %s', (line, quoted) => {
  expect(quotedLine(line)).toBe(quoted);
});

it.each([
  'BdsDxe: failed to load Boot0001 "UEFI Misc Device": Security Violation',
  '[FAILED] Failed to mount sysroot.mount',
  'the VM was reset',
])('nothing else is left out: %s', (line) => {
  expect(quotedLine(` ${line}\r`)).toBe(line);
});

it('what a terminal would obey is written out', () => {
  expect(quotedLine('[1.0] a\u001b[31mb')).toBe('a\\u{1b}[31mb');
});
