import { describe, expect, it } from 'vitest';
import { UsageError } from './errors.ts';
import { toolCommand } from './tools.ts';

const toolbox = { kind: 'toolbox', root: '/box' } as const;

describe('tools of the host', () => {
  it('are run as they are, with their temporary files where we clean up', () => {
    const access = { readable: ['/usr/share/x'], directory: '/tmp/run' };
    expect(toolCommand({ kind: 'host' }, 'swtpm', ['socket'], access)).toEqual({
      tool: 'swtpm',
      argv: ['swtpm', 'socket'],
      directory: '/tmp/run',
      environment: { LC_ALL: 'C.UTF-8', TZ: 'UTC', TMPDIR: '/tmp/run' },
      signalAsExitCode: false,
    });
  });
});

describe('tools of the toolbox', () => {
  it('see the toolbox read-only, the devices, and the files they are given', () => {
    const access = { readable: ['/images/a b.raw', '/tmp/run/in'], directory: '/tmp/run' };
    const { argv, signalAsExitCode } = toolCommand(toolbox, 'qemu-img', ['info'], access);
    expect(argv).toEqual([
      ...['bwrap', '--ro-bind', '/box/usr', '/usr', '--ro-bind', '/box/etc', '/etc'],
      ...['--symlink', 'usr/bin', '/bin', '--symlink', 'usr/sbin', '/sbin'],
      ...['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
      ...['--dev-bind', '/dev', '/dev', '--proc', '/proc', '--ro-bind', '/sys', '/sys'],
      ...['--tmpfs', '/tmp', '--tmpfs', '/run'],
      ...['--ro-bind', '/images/a b.raw', '/images/a b.raw'],
      ...['--bind', '/tmp/run', '/tmp/run', '--ro-bind', '/tmp/run/in', '/tmp/run/in'],
      ...['--die-with-parent', '--clearenv'],
      ...['--setenv', 'PATH', '/usr/sbin:/usr/bin', '--setenv', 'HOME', '/tmp'],
      ...['--setenv', 'LC_ALL', 'C.UTF-8', '--setenv', 'TZ', 'UTC'],
      ...['--setenv', 'TMPDIR', '/tmp/run', '--chdir', '/tmp/run', '--', 'qemu-img', 'info'],
    ]);
    expect(signalAsExitCode).toBe(true);
  });

  it('may write to a file that is named as both', () => {
    const access = { readable: ['/data/x'], writable: ['/data/x'] };
    const { argv } = toolCommand(toolbox, 'dd', [], access);
    expect(argv.join(' ')).toContain('--bind /data/x /data/x');
    expect(argv.join(' ')).not.toContain('--ro-bind /data/x');
  });

  it('have the devices anyway', () => {
    const { argv } = toolCommand(toolbox, 'dd', [], { readable: ['/dev/sda'] });
    expect(argv).not.toContain('/dev/sda');
  });

  it('cannot be shown files where the toolbox has its own', () => {
    const show = (path: string) => () => toolCommand(toolbox, 'x', [], { readable: [path] });
    expect(show('/usr/share/image.raw')).toThrow(UsageError);
    expect(show('/etc/x')).toThrow(/--tools host/);
    expect(show('relative')).toThrow('not an absolute path');
  });
});
