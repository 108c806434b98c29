import { access, constants, readFile } from 'node:fs/promises';

/** Where KVM says whether it starts SNP guests (Linux, arch/x86/kvm/svm/sev.c). */
const PARAMETER = '/sys/module/kvm_amd/parameters/sev_snp';

/** What QEMU opens to start one. */
const DEVICES = ['/dev/kvm', '/dev/sev'];

/**
 * What this host lacks to start SEV-SNP guests.
 *
 * @param root in place of `/`
 * @returns one sentence's worth for each thing; none where it can
 */
export async function missingForSnp(root = ''): Promise<readonly string[]> {
  const value = (await readFile(`${root}${PARAMETER}`, 'utf8').catch(() => '')).trim();
  const devices = await Promise.all(DEVICES.map((device) => deviceProblem(root, device)));
  const parameter = ['Y', '1'].includes(value)
    ? []
    : [value === '' ? `no ${PARAMETER}` : `${PARAMETER} is ${value}`];
  return [...devices.flat(), ...parameter];
}

async function deviceProblem(root: string, device: string): Promise<readonly string[]> {
  try {
    await access(`${root}${device}`, constants.R_OK | constants.W_OK);
    return [];
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EACCES';
    return [isThere ? `${device} may not be opened` : `no ${device}`];
  }
}
