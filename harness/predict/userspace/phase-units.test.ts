import { describe, expect, it } from 'vitest';
import { type MadeTree, madeTree } from '../../formats/testing/made-tree.ts';
import { kernelParameters } from '../linux/kernel-parameters.ts';
import { measuredPhases } from './phase-units.ts';

const UNITS = '/usr/lib/systemd/system';
const LIBRARY = { '/usr/lib/x86_64-linux-gnu/libtss2-esys.so.0': 'library' };
const WORDS = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready'];

const wanted = (unit: string, target: string): MadeTree => ({
  [`${UNITS}/${unit}`]: '[Unit]\n',
  [`${UNITS}/${target}.wants/${unit}`]: { kind: 'link', target: `../${unit}` },
});
const INITRD: MadeTree = {
  ...LIBRARY,
  ...wanted('systemd-pcrphase-initrd.service', 'initrd.target'),
};
const ROOT: MadeTree = {
  ...LIBRARY,
  ...wanted('systemd-pcrphase-sysinit.service', 'sysinit.target'),
  ...wanted('systemd-pcrphase.service', 'sysinit.target'),
};
const BARE: MadeTree = { [`${UNITS}/basic.target`]: '' };

function measured(initrd: MadeTree | undefined, root: MadeTree | undefined, commandLine = '') {
  const trees = { initrd: initrd && madeTree(initrd), root: root && madeTree(root) };
  return measuredPhases(WORDS, trees, kernelParameters(commandLine));
}

describe('the phases that a system measures', () => {
  it('are all where the units are there, or where nobody knows', () => {
    expect(measured(INITRD, ROOT)).toEqual(WORDS);
    expect(measured(undefined, undefined)).toEqual(WORDS);
    expect(measured({ '/init': '' }, { '/init': '' })).toEqual(WORDS);
  });

  it('are not those whose unit a distribution left to another package', () => {
    expect(measured(INITRD, BARE)).toEqual(['enter-initrd', 'leave-initrd']);
    expect(measured(BARE, ROOT)).toEqual(['sysinit', 'ready']);
  });

  it('are none where the library is not there, and none that is masked', () => {
    const { '/usr/lib/x86_64-linux-gnu/libtss2-esys.so.0': _, ...without } = ROOT;
    expect(measured(INITRD, without)).toEqual(['enter-initrd', 'leave-initrd']);
    const masked = 'systemd.mask=systemd-pcrphase.service';
    expect(measured(INITRD, ROOT, masked)).toEqual(['enter-initrd', 'leave-initrd', 'sysinit']);
  });

  it('are those of other names too', () => {
    const trees = { initrd: madeTree(BARE), root: madeTree(BARE) };
    expect(measuredPhases(['my-phase'], trees, [])).toEqual(['my-phase']);
  });
});
