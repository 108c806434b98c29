import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dir } from 'tmp-promise';
import { describe, expect, it } from 'vitest';
import { missingForSnp } from './snp-support.ts';

async function host(parameter: string | undefined, devices: readonly string[]) {
  const { path } = await dir({ unsafeCleanup: true });
  const parameters = join(path, 'sys/module/kvm_amd/parameters');
  await mkdir(parameters, { recursive: true });
  await mkdir(join(path, 'dev'));
  if (parameter !== undefined) await writeFile(join(parameters, 'sev_snp'), `${parameter}\n`);
  for (const device of devices) await writeFile(join(path, 'dev', device), '');
  return path;
}

describe('what a host lacks for SNP guests', () => {
  it.each(['Y', '1'])('is nothing where KVM says %s and has its devices', async (value) => {
    expect(await missingForSnp(await host(value, ['kvm', 'sev']))).toEqual([]);
  });

  it('is each thing by its name', async () => {
    expect(await missingForSnp(await host('N', ['kvm']))).toEqual([
      'no /dev/sev',
      '/sys/module/kvm_amd/parameters/sev_snp is N',
    ]);
    expect(await missingForSnp(await host(undefined, []))).toEqual([
      'no /dev/kvm',
      'no /dev/sev',
      'no /sys/module/kvm_amd/parameters/sev_snp',
    ]);
  });
});
