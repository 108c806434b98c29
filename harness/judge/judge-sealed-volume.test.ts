import { describe, expect, it } from 'vitest';
import { judgeChannels } from './judge-channels.ts';
import { judgeLateUnlock } from './judge-late-unlock.ts';
import { judgePolicyDigest } from './judge-policy-digest.ts';
import { judgeOpened, judgeRefused } from './judge-sealed-volume.ts';
import { madeSealedBoot } from './testing/made-sealed-boot.ts';

const POLICY = 'aa'.repeat(32);
const OTHER = 'bb'.repeat(32);
const VOLUME = { name: 'sealed-pcr7', policy: POLICY, pcrs: [7] };
const opened = { volume: VOLUME.name, policy: POLICY, outcome: 'opened' } as const;
const refused = {
  volume: VOLUME.name,
  policy: OTHER,
  outcome: 'refused',
  said: 'Failed to unseal secret using TPM2: Operation not permitted',
} as const;

const genuine = madeSealedBoot('in the genuine boot', [[7, 'on']], [opened]);
const changed = madeSealedBoot('with Secure Boot off', [[7, 'off']], [refused]);

describe('a volume that must open', () => {
  it('opens where the initrd says so and the TPM gave out the key', () => {
    expect(judgeOpened(VOLUME, { boot: genuine, file: 'console.log' })).toMatchObject({
      state: 'pass',
      sentence: 'in the genuine boot, sealed-pcr7 opens',
      observed: expect.stringContaining('sealed-pcr7 opened; PCR 7 '),
    });
  });

  it('does not where the TPM gave out a key for another policy', () => {
    const boot = madeSealedBoot('in the genuine boot', [], [{ ...opened, policy: OTHER }]);
    expect(judgeOpened(VOLUME, { boot, file: 'console.log' }).state).toBe('fail');
  });
});

describe('a volume that must stay closed', () => {
  const judge = (boot: typeof changed, twin = genuine, volume = VOLUME) =>
    judgeRefused(volume, { boot, twin, file: 'console.log' });

  it('stays closed, and it is said by whom', () => {
    expect(judge(changed)).toMatchObject({
      state: 'pass',
      sentence:
        'with Secure Boot off, systemd-cryptsetup (Failed to unseal secret using TPM2: Operation not permitted) refuses sealed-pcr7, which in the genuine boot opens',
    });
  });

  it('is refused by the TPM itself where that answers with a code', () => {
    const boot = madeSealedBoot('with another TPM', [[7, 'on']], [{ ...refused, code: 0x18b }]);
    expect(judge(boot, genuine, { ...VOLUME, pcrs: [] })).toMatchObject({
      state: 'pass',
      sentence: expect.stringContaining('the TPM (TPM2_Import: 0x18b) refuses'),
    });
  });

  it('fails where it opens', () => {
    const boot = madeSealedBoot('with Secure Boot off', [[7, 'off']], [opened]);
    expect(judge(boot)).toMatchObject({
      state: 'fail',
      sentence: 'with Secure Boot off, sealed-pcr7 still opens',
    });
  });

  it('fails where it opens because no PCR of its policy tells', () => {
    const boot = madeSealedBoot('with a crafted initrd', [[7, 'on']], [opened]);
    expect(judge(boot).state).toBe('fail');
  });

  it.each([
    ['the twin does not open it', changed, changed, 'either'],
    [
      'nobody has tried',
      madeSealedBoot('with Secure Boot off', [[7, 'off']], []),
      genuine,
      'nobody has tried',
    ],
    [
      'nobody says why',
      madeSealedBoot('with Secure Boot off', [[7, 'off']], [{ ...refused, said: 'Good bye' }]),
      genuine,
      'nobody says why',
    ],
    [
      'the change is in no PCR of the policy',
      madeSealedBoot('with Secure Boot off', [[7, 'on']], [refused]),
      genuine,
      'PCR 7 are what they are',
    ],
  ])('is vacuous where %s', (_, boot, twin, sentence) => {
    expect(judge(boot, twin)).toMatchObject({
      state: 'vacuous',
      sentence: expect.stringContaining(sentence),
    });
  });
});

describe('a policy digest', () => {
  const common = { volume: 'sealed-pcr7', boot: genuine, file: 'swtpm.log' };

  it('has three witnesses', () => {
    const same = { ...common, computed: POLICY, token: POLICY };
    expect(judgePolicyDigest(same).state).toBe('pass');
    expect(judgePolicyDigest({ ...same, token: OTHER }).state).toBe('fail');
    expect(judgePolicyDigest({ ...same, computed: OTHER, token: OTHER }).state).toBe('fail');
  });
});

describe('a key for one phase', () => {
  const file = 'console.log';
  const twin = { exitCode: 0, output: '' };
  const late = {
    exitCode: 1,
    output: 'Failed to unseal secret using TPM2: No such device or address',
  };

  it('is refused in a later one', () => {
    expect(judgeLateUnlock({ twin, late, file }).state).toBe('pass');
    expect(judgeLateUnlock({ twin, late: twin, file }).state).toBe('fail');
    expect(judgeLateUnlock({ twin, late: { exitCode: 1, output: 'no' }, file }).state).toBe('fail');
    expect(judgeLateUnlock({ twin: late, late, file }).state).toBe('vacuous');
  });
});

describe('the text of a closed volume', () => {
  const common = { what: 'with Secure Boot off', secret: 's3cret', file: 'console.log' };
  const console = (text: string) => ({ 'console.log': Buffer.from(text) });

  it('comes out nowhere', () => {
    const judge = (text: string, told = 's3cret') =>
      judgeChannels({ ...common, channels: console(text), told }).state;
    expect(judge('cvm-stage: initrd')).toBe('pass');
    expect(judge('it is s3cret')).toBe('fail');
    expect(judge('')).toBe('vacuous');
    expect(judge('cvm-stage: initrd', 'nothing')).toBe('vacuous');
  });
});
