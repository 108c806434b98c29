import { expect, it } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { filesToBoot, filesToPredict, withAbsolutePaths } from './machine-files.ts';

it('a machine with relative paths means the same files with absolute ones', () => {
  const machine = Machine.parse({
    name: 'x',
    firmware: { kind: 'pflash', code: 'code.fd', vars: '/vars.fd', smm: false },
    boot: { kind: 'kernel', kernel: 'k', cmdline: 'quiet' },
  });
  const absolute = withAbsolutePaths(machine);
  expect(absolute.firmware).toMatchObject({ code: `${process.cwd()}/code.fd`, vars: '/vars.fd' });
  expect(absolute.boot).toEqual({ kind: 'kernel', kernel: `${process.cwd()}/k`, cmdline: 'quiet' });
  expect(Machine.parse(absolute)).toEqual(absolute);
  const read = [`${process.cwd()}/code.fd`, `${process.cwd()}/k`];
  expect(filesToBoot(absolute)).toEqual(read);
  expect(filesToPredict(absolute)).toEqual([...read, '/vars.fd']);
});

it('the files of a disk boot are the firmware and the image', () => {
  const machine = Machine.parse({
    name: 'x',
    firmware: { kind: 'bios', image: '/fw.fd' },
    boot: { kind: 'disk', path: '/a.raw', format: 'raw' },
  });
  expect(filesToBoot(withAbsolutePaths(machine))).toEqual(['/fw.fd', '/a.raw']);
});
