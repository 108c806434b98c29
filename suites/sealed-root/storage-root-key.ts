import type { FirmwareState, FirmwareStateContext } from '../../harness/vm/firmware-state.ts';
import { ServedTpm } from '../../harness/vm/served-tpm.ts';

/** Where systemd looks for a storage root key (TCG TPM v2.0 Provisioning Guidance 1.0, 7.8). */
const SRK_HANDLE = '0x81000001';

/** Of the key that systemd makes there: a storage key that no dictionary attack locks. */
const SRK_ATTRIBUTES =
  'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt';

/**
 * Makes a TPM's SRK persistent, as systemd-tpm2-setup does.
 *
 * @returns path of its public part, a TPM2B_PUBLIC
 * @throws InfraError where a tool fails
 */
export async function storageRootKey(
  tpm: FirmwareState,
  context: FirmwareStateContext,
): Promise<string> {
  await using served = await ServedTpm.start(tpm.tpm.state, tpm.directory, context);
  const kind = ['-C', 'o', '-g', 'sha256', '-G', 'ecc256:null:aes128cfb', '-a', SRK_ATTRIBUTES];
  await served.run('tpm2_createprimary', [...kind, '-c', 'srk.ctx']);
  await served.run('tpm2_evictcontrol', ['-C', 'o', '-c', 'srk.ctx', SRK_HANDLE]);
  await served.run('tpm2_readpublic', ['-c', SRK_HANDLE, '-f', 'tss', '-o', 'srk.pub']);
  return tpm.directory.file('srk.pub');
}
