import { describe, expect, it } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { qemuArguments } from './qemu-arguments.ts';
import { snpMachineOptions, snpObjects } from './snp-arguments.ts';

const AMDSEV = {
  name: 'x',
  firmware: { kind: 'bios', image: '/fw/amdsev.fd' },
  boot: { kind: 'kernel', kernel: '/k' },
  memoryMiB: 2048,
} as const;

const snp = (sev: object) => Machine.parse({ ...AMDSEV, sev: { mode: 'snp', ...sev } });

describe("QEMU's arguments for an SNP guest", () => {
  it('are none for another', () => {
    const machine = Machine.parse(AMDSEV);
    expect(snpMachineOptions(machine)).toBe('');
    expect(snpObjects(machine)).toEqual([]);
  });

  it('are in those of the machine', () => {
    const files = { qmp: '/q', serial: '/s', tpm: '/t', vars: undefined, overlay: undefined };
    expect(qemuArguments(snp({}), files, 'kvm').slice(0, 8)).toEqual([
      ...['-machine', 'q35,smm=off,confidential-guest-support=sev0,memory-backend=ram1'],
      ...['-object', 'memory-backend-memfd,id=ram1,size=2048M,share=true'],
      ...[
        '-object',
        'sev-snp-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x30000,kernel-hashes=off',
      ],
      ...['-accel', 'kvm'],
    ]);
  });

  it('say all of the launch', () => {
    const idBlock = Buffer.alloc(96, 1).toString('base64');
    const idAuth = Buffer.alloc(4096, 2).toString('base64');
    const [, , , guest] = snpObjects(
      snp({
        policy: 0xb0000,
        hostData: '00'.repeat(31).concat('ff'),
        idBlock,
        idAuth,
        authorKey: true,
        kernelHashes: true,
        cbitpos: 47,
        reducedPhysBits: 5,
      }),
    );
    expect(guest).toBe(
      [
        'sev-snp-guest,id=sev0,cbitpos=47,reduced-phys-bits=5,policy=0xb0000,kernel-hashes=on',
        `host-data=${Buffer.from([...new Uint8Array(31), 255]).toString('base64')}`,
        `id-block=${idBlock},id-auth=${idAuth},author-key-enabled=on`,
      ].join(','),
    );
  });

  it.each([
    ['a mode that is not known', { mode: 'tdx' }],
    ['a policy of more than 64 bits', { policy: '0x10000000000000000' }],
    ['a negative policy', { policy: -1 }],
    ['a short host data', { hostData: 'ff' }],
    ['an ID block of another size', { idBlock: 'AAAA' }],
    ['an ID block with options of its own', { idBlock: `${'A'.repeat(120)},debug=1` }],
  ])('are not made of %s', (_, sev) => {
    expect(() => snp(sev)).toThrow();
  });
});
