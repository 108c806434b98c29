import { describe, expect, it } from 'vitest';
import {
  type BootForecast,
  type ChangedBoot,
  judgeBootedRoot,
  judgeChangedBoot,
  judgeFoundOut,
  judgeNotCorrupt,
  type ObservedBoot,
} from './judge-changed-boot.ts';

const SAID = 'device-mapper: verity: 254:2: metadata block 1 is corrupted';
const LINE = `[    7.012345] ${SAID}`;
const refused: ObservedBoot = { end: 'refused', stage: 'initrd', by: 'dm-verity', line: LINE };
const booted: ObservedBoot = { end: 'booted', stage: 'ssh', by: undefined, line: 'ready' };
const forecast: BootForecast = {
  end: 'refused',
  by: 'dm-verity',
  corrupt: { kind: 'metadata', block: 1 },
};
const boot: ChangedBoot = { what: 'a bit of the top', forecast, observed: refused };
const twin: ChangedBoot = { what: 'nothing', forecast: { end: 'booted' }, observed: booted };
const states = (change: Partial<ChangedBoot>, other: ChangedBoot | undefined = twin) =>
  judgeChangedBoot({ ...boot, ...change }, other, 'console.log').map(({ state }) => state);

describe('a boot that something was changed for', () => {
  it('is refused by whom, where and when was forecast', () => {
    expect(states({})).toEqual(['pass', 'pass']);
    expect(states({ forecast: { end: 'booted' }, observed: booted })).toEqual(['pass', 'pass']);
  });

  it('is refused in any stage before the root, at a block of any number', () => {
    for (const stage of ['firmware', 'boot-loader', 'kernel', 'initrd']) {
      expect(states({ observed: { ...refused, stage } })[0]).toBe('pass');
    }
    const corrupt = { kind: 'data', block: 4711 } as const;
    const line = LINE.replace('metadata block 1', 'data block 4711');
    const observed = { ...refused, line };
    expect(states({ forecast: { ...forecast, corrupt }, observed })[0]).toBe('pass');
  });

  it('is told in the same words as its forecast', () => {
    const [end, ofTwin] = judgeChangedBoot(boot, twin, 'console.log');
    const words = 'dm-verity refuses at metadata block 1, before the root runs';
    expect(end).toMatchObject({ expected: words, sentence: `a bit of the top: ${words}` });
    expect(end?.observed).toBe(`${words}: ${SAID}`);
    expect(ofTwin?.sentence).toBe('a bit of the top: its twin, nothing, boots');
    const observed = { ...refused, stage: 'root', by: undefined, line: 'gone' };
    const { end: _, ...said } = { ...forecast, machine: 'panic' } as const;
    const [other] = judgeChangedBoot(
      {
        ...boot,
        forecast: { ...said, end: 'refused' },
        observed: { ...observed, machine: 'restart' },
      },
      { ...twin, observed: refused },
      'console.log',
    );
    expect(other).toMatchObject({
      expected: `${words}; then panic`,
      sentence: 'a bit of the top: not as forecast: nobody refuses, in stage root; then restart',
    });
  });

  it('is not asked how the machine ended where that was not forecast', () => {
    expect(states({ observed: { ...refused, machine: 'panic' } })[0]).toBe('pass');
    const line = 'systemd: a unit failed';
    const alone = { end: 'refused', by: 'systemd' } as const;
    expect(states({ forecast: alone, observed: { ...refused, by: 'systemd', line } })[0]).toBe(
      'pass',
    );
  });

  it('fails where it boots, or is refused by another, elsewhere, or too late', () => {
    for (const observed of [
      booted,
      { ...refused, by: 'systemd' },
      { ...refused, line: LINE.replace('metadata block 1', 'metadata block 2') },
      { ...refused, line: LINE.replace('metadata', 'data') },
      { ...refused, stage: 'root' },
      { ...refused, end: 'halted', by: undefined, line: 'the VM was reset' } as const,
    ]) {
      expect(states({ observed })[0]).toBe('fail');
    }
    expect(states({ forecast: { end: 'booted' } })[0]).toBe('fail');
  });

  it('ends the machine as was forecast, where that is waited for', () => {
    const panic = { ...forecast, machine: 'panic' } as const;
    expect(states({ forecast: panic, observed: { ...refused, machine: 'panic' } })[0]).toBe('pass');
    for (const machine of ['restart', 'power-off', 'nothing in time'] as const) {
      expect(states({ forecast: panic, observed: { ...refused, machine } })[0]).toBe('fail');
    }
  });

  it('proves nothing where its twin does not boot either', () => {
    expect(states({}, { ...twin, observed: refused })[1]).toBe('vacuous');
  });
});

const meantRoot = { file: 'CoCo', devices: ['vda2', 'vda3'] };

describe('the root of a guest that came up', () => {
  const judge = (observed: Partial<typeof meantRoot & { hasSeen: boolean }>) =>
    judgeBootedRoot('a change', meantRoot, { ...meantRoot, ...observed }, 'root.json').map(
      ({ state }) => state,
    );

  it('is the one that is meant', () => {
    expect(judge({})).toEqual(['pass']);
    expect(judge({ hasSeen: true })).toEqual(['pass']);
    expect(judge({ file: 'DoCo' })).toEqual(['fail']);
    expect(judge({ devices: ['vda2', 'vda4'] })).toEqual(['fail']);
  });

  it('proves nothing where the change was not there', () => {
    expect(judge({ hasSeen: false })).toEqual(['pass', 'vacuous']);
  });
});

describe('a judgement on a root without dm-verity', () => {
  const [same] = judgeBootedRoot('it', meantRoot, meantRoot, 'root.json');
  const [other] = judgeBootedRoot('it', meantRoot, { ...meantRoot, devices: [] }, 'root.json');

  it('has to fail, and passes for it', () => {
    expect(other && judgeFoundOut(other)).toMatchObject({
      state: 'pass',
      sentence: 'found out: it: the guest has another root than is meant',
      expected: 'a root that is not as meant',
      file: 'root.json',
    });
    expect(same && judgeFoundOut(same)).toMatchObject({
      state: 'fail',
      sentence: 'not found out: it: the guest has the root that is meant',
    });
  });
});

describe('a sector that cannot be read', () => {
  const judge = (...console: string[]) =>
    judgeNotCorrupt('a sector', console, 'console.log').map(({ state }) => state);

  it('is not called corrupt', () => {
    const failed = '[ 9.1] I/O error, dev vda, sector 133122 op 0x0:(READ) flags 0x0';
    expect(judge(failed)).toEqual(['pass']);
    expect(judge(failed, LINE)).toEqual(['fail']);
    expect(judge('cvm-stage: initrd')).toEqual(['vacuous']);
  });
});
