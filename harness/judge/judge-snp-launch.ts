import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** Properties that QEMU takes and does not list (QEMU, target/i386/sev.c, sev_common_class_init). */
const UNLISTED = ['cbitpos', 'reduced-phys-bits'];

/** What a QEMU says that has no SEV-SNP to launch with. */
const NO_SNP = [
  /KVM required/,
  /accelerator does not support confidential guest/,
  /SEV-SNP not supported by KVM/,
  /Could not access KVM kernel module/,
  /failed to initialize kvm/,
  /sev_common_kvm_init: /,
  /cbitpos check failed/,
];

/** What a QEMU says that does not understand its arguments. */
const NOT_UNDERSTOOD =
  /[Pp]roperty '|[Ii]nvalid parameter|Parameter '|not a valid object|not found/;

/**
 * Judges whether QEMU knows every property of an SNP launch.
 *
 * @param guest the value of QEMU's `-object sev-snp-guest,…`
 * @param help what QEMU prints for `-object sev-snp-guest,help`
 */
export function judgeSnpProperties(guest: string, help: string, file: string): Judgement {
  const used = guest
    .split(',')
    .slice(1)
    .map((property) => property.replace(/=.*/, ''))
    .filter((name) => name !== 'id');
  const known = new Set(help.split('\n').map((line) => /^ +([a-z-]+)=/.exec(line)?.[1] ?? ''));
  const unknown = used.filter((name) => !known.has(name) && !UNLISTED.includes(name));
  const isKnown = unknown.length === 0 && used.length > 0;
  return {
    state: isKnown ? 'pass' : 'fail',
    sentence: isKnown
      ? 'QEMU knows every property of the launch'
      : `QEMU does not know of the launch: ${unknown.join(', ') || 'anything'}`,
    expected: used.join(', '),
    observed: [...known].filter((name) => name !== '').join(', ') || 'no properties',
    witness: 'host file',
    file,
  };
}

/**
 * Judges whether a launch on a host without SEV-SNP fails for that, and for nothing else.
 *
 * @param lines QEMU's last lines; absent where QEMU has started
 */
export function judgeSnpRefusal(lines: readonly string[] | undefined, file: string): Judgement {
  const said = lines?.join('; ') ?? '';
  const wrong = lines?.find((line) => NOT_UNDERSTOOD.test(line));
  const isRefused = NO_SNP.some((pattern) => pattern.test(said)) && wrong === undefined;
  return {
    state: isRefused ? 'pass' : 'fail',
    sentence: isRefused
      ? 'QEMU refuses the launch for want of SEV-SNP'
      : 'QEMU does not refuse the launch for want of SEV-SNP alone',
    expected: 'a QEMU that misses SEV-SNP, and understands its arguments',
    observed: printable(lines === undefined ? 'a QEMU that starts' : said || 'no reason'),
    witness: 'host file',
    file,
  };
}

/**
 * Judges whether the secure processor refused the end of a launch.
 *
 * @param what begins a sentence
 * @param lines QEMU's last lines; absent where the guest was started
 */
export function judgeLaunchRefused(
  what: string,
  lines: readonly string[] | undefined,
  file: string,
): Judgement {
  const said = lines?.join('; ') ?? 'a guest that starts';
  const isRefused = /LAUNCH_FINISH/.test(said);
  return {
    state: isRefused ? 'pass' : 'fail',
    sentence: isRefused ? `${what}: the launch is refused` : `${what}: not refused as a launch is`,
    expected: 'SNP_LAUNCH_FINISH fails',
    observed: printable(said),
    witness: 'host file',
    file,
  };
}
