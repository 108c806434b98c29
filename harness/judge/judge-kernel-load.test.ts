import { describe, expect, it } from 'vitest';
import { type JudgedLoad, judgeKernelLoad } from './judge-kernel-load.ts';
import { judgeLaunchDigests } from './judge-launch-digests.ts';

const FILES = { code: 'code.bin', extends: 'extends.json', memory: 'memory.bin' };
const TABLE = Buffer.from('table'.padEnd(64, '\0'));
const GIVEN = { kernel: 'aa', cmdline: 'bb' };

/** The good twin: it boots. */
const TWIN: JudgedLoad = {
  asked: {
    what: 'a kernel',
    wanted: 'booted',
    predicted: { kind: 'booted', program: 'kernel', unverified: [] },
    program: 'd1',
    table: TABLE,
    given: GIVEN,
  },
  observed: {
    end: 'started',
    stoppedIn: undefined,
    programs: ['d1'],
    extends: [],
    table: TABLE,
    console: [],
    given: GIVEN,
  },
};

const REFUSED: JudgedLoad = {
  asked: {
    ...TWIN.asked,
    what: 'another kernel',
    wanted: 'refused',
    predicted: { kind: 'stopped', at: 'kernel' },
  },
  observed: {
    ...TWIN.observed,
    end: 'halted',
    stoppedIn: 'QemuKernelLoaderFsDxe',
    programs: [],
  },
};

const changed = (load: JudgedLoad, parts: Partial<JudgedLoad['observed']>): JudgedLoad => ({
  ...load,
  observed: { ...load.observed, ...parts },
});
const asking = (load: JudgedLoad, parts: Partial<JudgedLoad['asked']>): JudgedLoad => ({
  ...load,
  asked: { ...load.asked, ...parts },
});
const states = (load: JudgedLoad, twin?: JudgedLoad) =>
  judgeKernelLoad(load, twin, FILES).map(({ state }) => state);

describe('a run of the firmware with a table of hashes', () => {
  it('passes where it boots as predicted', () => {
    expect(states(TWIN)).toEqual(['pass', 'pass', 'pass']);
  });

  it('passes where it is refused by the loader, and its twin boots', () => {
    expect(states(REFUSED, TWIN)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(judgeKernelLoad(REFUSED, TWIN, FILES)[2]?.sentence).toBe(
      'another kernel: refused: QemuKernelLoaderFsDxe goes round in circles',
    );
  });

  it('passes where the boot manager finds nothing to boot', () => {
    const load = asking(REFUSED, { predicted: { kind: 'passed over', at: 'kernel' } });
    const said = { stoppedIn: 'BdsDxe', console: ['BdsDxe: No bootable option was found.'] };
    expect(states(changed(load, said), TWIN)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(states(changed(load, { stoppedIn: 'BdsDxe' }), TWIN)).toContain('fail');
  });

  it.each([
    ['another table was in memory', { table: Buffer.from('other') }],
    ['QEMU was given another kernel', { given: { ...GIVEN, kernel: 'cc' } }],
    ['QEMU was given an initrd', { given: { ...GIVEN, initrd: 'cc' } }],
  ])('proves nothing where %s', (_, parts) => {
    expect(states(changed(REFUSED, parts), TWIN)[0]).toBe('vacuous');
  });

  it.each([
    ['stops as well', REFUSED.observed],
    ['starts another program', { programs: ['d2'] }],
    ['starts none', { programs: [] }],
  ])('proves nothing where its twin %s', (_, parts) => {
    expect(states(REFUSED, changed(TWIN, parts))[1]).toBe('vacuous');
  });

  it.each([
    ['another program of the firmware stops', { stoppedIn: 'DxeCore' }],
    ['nobody knows who stops', { stoppedIn: undefined }],
    ['the boot manager goes on and finds nothing', { console: ['No bootable option was found'] }],
    ['it boots all the same', { ...TWIN.observed }],
  ] as const)('fails where %s', (_, parts) => {
    expect(states(changed(REFUSED, parts), TWIN)[2]).toBe('fail');
  });

  it('fails where the TPM was sent a program that was refused', () => {
    expect(states(changed(REFUSED, { programs: ['d1'] }), TWIN)[3]).toBe('fail');
  });

  it.each([
    ['it stops', REFUSED.observed],
    ['another program is measured', { programs: ['d2', 'd1'] }],
  ])('that is to boot fails where %s', (_, parts) => {
    expect(states(changed(TWIN, parts))).toContain('fail');
  });

  it('fails where what nobody has verified boots, though that was predicted', () => {
    const load = asking(TWIN, {
      what: 'a kernel without entry',
      wanted: 'refused',
      predicted: { kind: 'booted', program: 'kernel', unverified: ['kernel'] },
    });
    const [, , end, programs] = judgeKernelLoad(load, TWIN, FILES);
    expect(end).toMatchObject({
      state: 'fail',
      sentence: 'a kernel without entry: boots, with kernel unverified',
      expected: 'a refusal',
    });
    expect(programs).toMatchObject({ state: 'fail', expected: 'no program in PCR 4' });
  });
});

describe('launch digests', () => {
  it('are to differ', () => {
    const digests = { what: 'a table without kernel', usual: 'aa', changed: 'bb' };
    expect(judgeLaunchDigests(digests, 'memory.bin').state).toBe('pass');
    expect(judgeLaunchDigests({ ...digests, changed: 'aa' }, 'memory.bin')).toMatchObject({
      state: 'fail',
      sentence: 'a table without kernel: the same launch digest',
    });
  });
});

describe('a twin', () => {
  it.each([
    ['was measured and stopped before it was started', changed(TWIN, { end: 'halted' })],
    ['was started and not measured', changed(TWIN, { programs: [] })],
    ['is another program than its own', changed(TWIN, { programs: ['d2'] })],
    [
      'has no program that is known',
      changed(asking(TWIN, { program: undefined }), { programs: [] }),
    ],
  ])('proves nothing where it %s', (_, twin) => {
    expect(states(REFUSED, twin)).toEqual(['pass', 'vacuous', 'pass', 'pass']);
  });

  it('may start others behind its program', () => {
    const twin = changed(TWIN, { programs: ['d1', 'another'] });
    expect(states(REFUSED, twin)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(states(twin)).toEqual(['pass', 'pass', 'pass']);
  });

  it('shows what it was given where it is not what was meant', () => {
    const [consumed] = judgeKernelLoad(
      changed(TWIN, { table: Buffer.alloc(64) }),
      undefined,
      FILES,
    );
    expect(consumed).toMatchObject({
      state: 'vacuous',
      expected: `table ${Buffer.from('table').toString('hex')}; kernel aa; cmdline bb`,
      observed: 'table none; kernel aa; cmdline bb',
      file: 'memory.bin',
    });
  });
});
