import { describe, expect, it } from 'vitest';
import { bubblewrapError } from './bubblewrap-error.ts';

describe("bubblewrap's own failures", () => {
  it('tell of a tool that the toolbox has not', () => {
    const error = bubblewrapError('swtpm', 'bwrap: execvp swtpm: No such file or directory');
    expect(error?.message).toBe('the toolbox has no swtpm; run scripts/setup, or use --tools host');
  });

  it('tell of a host that forbids user namespaces', () => {
    const error = bubblewrapError('swtpm', 'bwrap: setting up uid map: Permission denied');
    expect(error?.missing).toContain('setting up uid map: Permission denied');
  });

  it('are told from those of the tool', () => {
    expect(bubblewrapError('swtpm', 'swtpm: Could not open UnixIO socket')).toBeUndefined();
  });
});
