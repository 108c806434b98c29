import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import type { TreeNode } from '../../formats/file-tree.ts';
import { madeTree } from '../../formats/testing/made-tree.ts';
import { kernelParameters } from '../linux/kernel-parameters.ts';
import { machineId } from './machine-id.ts';

const ID = '6b1d0c3e5f7a49b2a8c4e6d2f0b19375';
const UUID = 'c0de0000-0000-4000-8000-000000000001';
const FROM_UUID = 'c0de0000000040008000000000000001';

function idOf(content: string | TreeNode, commandLine = '', uuid: string | undefined = UUID) {
  return machineId(madeTree({ '/etc/machine-id': content }), kernelParameters(commandLine), uuid);
}

// systemd src/libsystemd/sd-id128/id128-util.c (id128_read_fd), src/shared/machine-id-setup.c.
describe('the machine id', () => {
  it.each([`${ID}\n`, ID, `${ID.toUpperCase()}\n`])('is what the file holds: %j', (content) => {
    expect(idOf(content)).toEqual({ id: ID });
  });

  it('is what the command line says', () => {
    expect(idOf(`${FROM_UUID}\n`, `quiet systemd.machine_id=${ID}`)).toEqual({ id: ID });
    expect(idOf('', `systemd.machine-id=6b1d0c3e-5f7a-49b2-a8c4-e6d2f0b19375`)).toEqual({ id: ID });
    expect(idOf(`${ID}\n`, 'systemd.machine_id=firmware')).toEqual({ id: ID });
    expect(idOf(`${ID}\n`, `systemd.machine_id=${'0'.repeat(32)}`)).toEqual({ id: ID });
  });

  it.each(['', 'uninitialized', 'uninitialized\n', 'rubbish', `${ID} \n`])(
    'is the UUID of the machine where the file holds %j',
    (content) => {
      expect(idOf(content)).toEqual({ id: FROM_UUID });
    },
  );

  it.each([
    ['zeros', `${'0'.repeat(32)}\n`, undefined, '/etc/machine-id holds zeros'],
    ['an unknown UUID', '', 'none', 'which is not known'],
    ['no UUID', '', '00000000-0000-0000-0000-000000000000', 'at random'],
    ['a UUID of ones', '', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'at random'],
  ])('is not known with %s', (_, content, uuid, why) => {
    const tree = madeTree({ '/etc/machine-id': content });
    const found = machineId(tree, [], uuid === 'none' ? undefined : uuid);
    expect(found).toEqual({ unknown: expect.stringContaining(why) });
  });

  it('is not known where the file is missing, or not read', () => {
    const missing = machineId(madeTree({ '/etc/hostname': 'x' }), [], UUID);
    expect(missing).toEqual({ unknown: 'the root file system has no /etc/machine-id' });
    const compressed = { kind: 'file', content: { unread: 'it is compressed' } } as const;
    expect(idOf(compressed)).toEqual({ unknown: '/etc/machine-id is not read: it is compressed' });
  });

  it('may be that of D-Bus', () => {
    const tree = madeTree({ '/etc/machine-id': '', '/var/lib/dbus/machine-id': ID });
    expect(machineId(tree, [], UUID)).toHaveProperty('unknown');
  });

  it('is looked for behind links', () => {
    const tree = madeTree({
      '/etc/machine-id': { kind: 'link', target: '../data/id' },
      '/data/id': { kind: 'file', content: bytesSource('id', Buffer.from(ID)) },
    });
    expect(machineId(tree, [], UUID)).toEqual({ id: ID });
  });
});
