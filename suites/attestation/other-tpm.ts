import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reaper } from '../../harness/host/reaper.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { ExpectedEvent } from '../../harness/measure/event.ts';
import { manufactureTpm } from '../../harness/vm/manufacture-tpm.ts';
import { ServedTpm } from '../../harness/vm/served-tpm.ts';
import { tpmFiles } from '../../harness/vm/tpm-files.ts';
import { ASKED_PCRS, type Attestation } from './attestation.ts';

/** What another TPM is run with. */
type OtherTpmContext = {
  readonly tools: Tools;
  readonly reaper: Reaper;
  readonly signal: AbortSignal;
};

const EK_HANDLE = '0x81010001';

/**
 * Has a TPM that no guest ever saw vouch for what a guest should have measured: it is sent every extend of
 * a forecast, and quotes.
 *
 * @returns with its authority's certificate, PEM
 */
export async function attestElsewhere(
  machine: Machine,
  events: readonly ExpectedEvent[],
  context: OtherTpmContext,
): Promise<Pick<Attestation, 'otherAuthority' | 'otherTpm'>> {
  await using directory = await RunDirectory.create(context.reaper);
  const files = await tpmFiles(directory);
  await manufactureTpm(machine, files, context);
  await using tpm = await ServedTpm.start(files.state, directory, context);
  await tpm.run('tpm2_pcrextend', extendsOf(events));
  await tpm.run('tpm2_readpublic', ['-c', EK_HANDLE, '-f', 'tpmt', '-o', 'ek.pub']);
  const key = ['-G', 'rsa', '-g', 'sha256', '-s', 'rsassa', '-f', 'tpmt'];
  await tpm.run('tpm2_createak', ['-C', EK_HANDLE, ...key, '-c', 'ak.ctx', '-u', 'ak.pub']);
  // Nobody makes room in this TPM for the next key.
  await tpm.run('tpm2_flushcontext', ['-t']);
  const nonce = randomBytes(32);
  const what = ['-l', `sha256:${ASKED_PCRS.join()}`, '-q', nonce.toString('hex')];
  const output = ['-g', 'sha256', '-m', 'quote.msg', '-s', 'quote.sig'];
  await tpm.run('tpm2_quote', ['-c', 'ak.ctx', ...what, ...output]);
  const read = (name: string) => readFile(directory.file(name));
  return {
    otherAuthority: await readFile(join(files.certificates, 'issuercert.pem')),
    otherTpm: {
      ek: await read('ek.pub'),
      ekCertificate: await readFile(join(files.certificates, 'ek-rsa2048.crt')),
      ak: await read('ak.pub'),
      quote: { attest: await read('quote.msg'), signature: await read('quote.sig'), nonce },
    },
  };
}

/** As `tpm2_pcrextend` takes them, in order. */
function extendsOf(events: readonly ExpectedEvent[]): readonly string[] {
  return events.map(({ pcr, digests: { sha256 } }) => `${pcr}:sha256=${sha256}`);
}
