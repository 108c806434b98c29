import { expect, it } from 'vitest';
import { QEMU } from './qemu-arguments.ts';
import { qemuCommand } from './qemu-command.ts';

const TOOLBOX = { kind: 'toolbox', root: '/toolbox' } as const;
const EMULATED = ['-machine', 'q35', '-accel', 'tcg,thread=multi'];

it('an emulated guest that boots has small pages', () => {
  const { tool, argv } = qemuCommand(TOOLBOX, EMULATED, {});
  expect(tool).toBe(QEMU);
  expect(argv.slice(argv.indexOf('--') + 1)).toEqual([
    ...['perl', '-e', expect.stringMatching(/^syscall\(157, 41, 1,/)],
    ...[QEMU, ...EMULATED],
  ]);
});

it.each([
  ['a guest that goes on from a snapshot', TOOLBOX, [...EMULATED, '-incoming', 'defer']],
  ['a guest on KVM', TOOLBOX, ['-accel', 'kvm']],
  ['a QEMU without a guest', TOOLBOX, ['-accel', 'qtest']],
  ['a QEMU that is asked what it is', TOOLBOX, ['--version']],
])('%s is left as it is', (_, tools, args) => {
  const { argv } = qemuCommand(tools, args, {});
  expect(argv.slice(argv.indexOf('--') + 1)).toEqual([QEMU, ...args]);
});

it('QEMU of the host is started as it is', () => {
  expect(qemuCommand({ kind: 'host' }, EMULATED, {}).argv).toEqual([QEMU, ...EMULATED]);
});
