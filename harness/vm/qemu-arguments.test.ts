import { describe, expect, it } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { firmwareArguments, qemuArguments, qtestArguments } from './qemu-arguments.ts';

const sockets = { qmp: '/tmp/r/qmp', serial: '/tmp/r/serial' };

describe("QEMU's arguments", () => {
  it('for a disk behind Secure Boot firmware', () => {
    const machine = Machine.parse({
      name: 'x',
      firmware: { kind: 'pflash', code: '/fw/code.fd', vars: '/fw/vars.fd', smm: true },
      boot: { kind: 'disk', path: '/images/a.raw', format: 'raw' },
    });
    const files = { ...sockets, tpm: '/tmp/r/tpm', vars: '/tmp/r/vars', overlay: '/tmp/r/disk' };
    expect(qemuArguments(machine, files, 'tcg')).toEqual([
      ...['-machine', 'q35,smm=on', '-accel', 'tcg,thread=single'],
      ...['-cpu', 'max,erms=off,fsrm=off,la57=off'],
      ...['-smp', '2', '-m', '1024', '-uuid', 'c0de0000-0000-4000-8000-000000000001'],
      ...['-rtc', 'base=2026-01-01T00:00:00,clock=vm'],
      ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-S'],
      ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
      ...['-drive', 'if=pflash,unit=0,format=raw,readonly=on,file=/fw/code.fd'],
      ...['-drive', 'if=pflash,unit=1,format=raw,file=/tmp/r/vars'],
      ...['-chardev', 'socket,id=tpm,path=/tmp/r/tpm', '-tpmdev', 'emulator,id=tpm0,chardev=tpm'],
      ...['-device', 'tpm-crb,tpmdev=tpm0'],
      ...['-drive', 'if=none,id=disk0,format=qcow2,cache=unsafe,file=/tmp/r/disk'],
      ...['-device', 'virtio-blk-pci,drive=disk0,bootindex=1'],
      ...['-netdev', 'user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22'],
      ...['-device', 'virtio-net-pci,netdev=net0,mac=52:54:00:c0:de:01,romfile='],
      ...['-device', 'virtio-rng-pci'],
      ...['-chardev', 'socket,id=serial,path=/tmp/r/serial', '-serial', 'chardev:serial'],
      ...['-chardev', 'socket,id=qmp,path=/tmp/r/qmp', '-mon', 'chardev=qmp,mode=control'],
    ]);
  });

  it('for a kernel that AmdSev firmware is given', () => {
    const machine = Machine.parse({
      name: 'x',
      firmware: { kind: 'bios', image: '/fw/amdsev,v2.fd' },
      boot: {
        kind: 'kernel',
        kernel: '/k,1',
        initrd: '/i',
        cmdline: 'root=/dev/x a,b',
        hashesTable: '/t,1',
      },
      cpu: 'EPYC-Milan,-pku',
      vcpus: 1,
      memoryMiB: 2048,
    });
    const tpm = '/tmp/r/tpm';
    const run = { ...sockets, tpm, vars: undefined, overlay: undefined };
    const files = { ...run, hashTableAddress: 0x810c00 };
    const args = qemuArguments(machine, files, 'kvm');
    expect(args.slice(0, 10)).toEqual([
      ...['-machine', 'q35,smm=off', '-accel', 'kvm', '-cpu', 'EPYC-Milan,-pku'],
      ...['-smp', '1', '-m', '2048'],
    ]);
    // These options take their value as it stands, so that no comma is doubled.
    expect(args.join(' ')).toContain(
      '-bios /fw/amdsev,v2.fd -chardev socket,id=tpm,path=/tmp/r/tpm',
    );
    expect(args.join(' ')).toContain('-kernel /k,1 -initrd /i -append root=/dev/x a,b -device');
    expect(args).toContain('loader,file=/t,,1,addr=0x810c00,force-raw=on');
    expect(qemuArguments(machine, run, 'kvm').join(' ')).not.toContain('loader');
    expect(qemuArguments(machine, files, 'tcg')).toContain('tcg,thread=multi');
    expect(args.join(' ')).not.toContain('-drive');
  });

  it('for firmware alone', () => {
    const machine = Machine.parse({
      name: 'x',
      firmware: { kind: 'pflash', code: '/fw/code.fd', vars: '/fw/vars.fd', smm: false },
      boot: { kind: 'kernel', kernel: '/k' },
    });
    const args = firmwareArguments(machine, '/tmp/r/vars', sockets, 'kvm').join(' ');
    expect(args).toContain('file=/fw/code.fd -drive if=pflash,unit=1');
    expect(args).toContain('-mon chardev=qmp,mode=control');
    expect(args).not.toMatch(/tpm|net0|disk0|-kernel/);
  });

  it('double the commas of a path', () => {
    const machine = Machine.parse({
      name: 'x',
      firmware: { kind: 'pflash', code: '/fw/a,readonly=off.fd', vars: '/v', smm: false },
      boot: { kind: 'kernel', kernel: '/k' },
    });
    expect(firmwareArguments(machine, '/tmp/r/vars', sockets, 'tcg')).toContain(
      'if=pflash,unit=0,format=raw,readonly=on,file=/fw/a,,readonly=off.fd',
    );
  });

  it('have the OEM strings of the machine, for its firmware alone too', () => {
    const machine = Machine.parse({
      name: 'x',
      firmware: { kind: 'bios', image: '/fw' },
      boot: { kind: 'kernel', kernel: '/k' },
      oemStrings: ['a=1,2', 'b'],
    });
    const args = firmwareArguments(machine, undefined, sockets, 'tcg').join(' ');
    expect(args).toContain('-smbios type=11,value=a=1,,2 -smbios type=11,value=b');
  });

  it('for reaching a machine whose processors do not run', () => {
    expect(qtestArguments('/tmp/r,1/q')).toEqual([
      ...['-chardev', 'socket,id=qtest,path=/tmp/r,,1/q', '-qtest', 'chardev:qtest'],
      ...['-qtest-log', 'none'],
    ]);
  });
});
