import { describe, expect, it } from 'vitest';
import {
  type BootForecast,
  type ChangedBoot,
  judgeBootedRoot,
  judgeChangedBoot,
  judgeNotCorrupt,
  type ObservedBoot,
} from './judge-changed-boot.ts';

const LINE = '[ 7.0] device-mapper: verity: 254:2: metadata block 1 is corrupted';
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

describe('the root of a guest that came up', () => {
  const meant = { file: 'CoCo', devices: ['vda2', 'vda3'] };
  const judge = (observed: Partial<typeof meant & { hasSeen: boolean }>) =>
    judgeBootedRoot('a change', meant, { ...meant, ...observed }, 'root.json').map(
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
