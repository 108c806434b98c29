import { describe, expect, it } from 'vitest';
import { needingSpace } from './disk-space.ts';
import { EnvironmentError } from './errors.ts';

describe('what needs disk space', () => {
  it('gives what it gives, and says where there was no room for it', async () => {
    await expect(needingSpace('/tmp', Promise.resolve(1))).resolves.toBe(1);
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const lacking = needingSpace('/tmp', Promise.reject(full));
    await expect(lacking).rejects.toBeInstanceOf(EnvironmentError);
    await expect(lacking).rejects.toThrow('no space left on the file system of /tmp');
    const other = new Error('other');
    await expect(needingSpace('/tmp', Promise.reject(other))).rejects.toBe(other);
  });
});
