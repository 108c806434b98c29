import { describe, expect, it } from 'vitest';
import { COMMON_READY } from './boot-end.ts';

describe('the end of a boot', () => {
  it.each([
    '[  OK  ] Reached target multi-user.target - Multi-User System.',
    'Debian GNU/Linux 13 localhost ttyS0',
    'localhost login: ',
    'cvm-stage: ready',
  ])('is seen in %j', (line) => {
    expect(line).toMatch(COMMON_READY);
  });

  it.each([
    '[    0.000000] Kernel command line: roothash=00 console=ttyS0',
    '[    0.410022] printk: legacy console [ttyS0] enabled',
    '[  OK  ] Started serial-getty@ttyS0.service - Serial Getty on ttyS0.',
    '         Expecting device dev-ttyS0.device - /dev/ttyS0...',
    'cvm-stage: root',
  ])('is not seen in %j', (line) => {
    expect(line).not.toMatch(COMMON_READY);
  });
});
