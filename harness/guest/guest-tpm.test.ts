import { describe, expect, it } from 'vitest';
import { GuestTpm, type TpmGuest } from './guest-tpm.ts';

/** A guest that answers every command alike, and keeps what it was told. */
function madeGuest(answer: { readonly exitCode: number; readonly stderr?: string }) {
  const commands: string[] = [];
  const guest: TpmGuest = {
    run: async (command) => {
      commands.push(command);
      return { exitCode: answer.exitCode, stdout: Buffer.from('out'), stderr: answer.stderr ?? '' };
    },
    put: async (path) => {
      commands.push(path);
    },
  };
  return { guest, commands };
}

const signal = new AbortController().signal;
const AK = { name: 'ak', publicArea: new Uint8Array() };

describe('a TPM in a guest', () => {
  it('is told PCRs and nonce, and gives back what it wrote', async () => {
    const { guest, commands } = madeGuest({ exitCode: 0 });
    const tpm = await GuestTpm.open(guest, signal);
    const quote = await tpm.quote(AK, [0, 11], Buffer.from('cafe', 'hex'));
    expect(quote).toEqual({ attest: Buffer.from('out'), signature: Buffer.from('out') });
    expect(commands).toContainEqual(expect.stringContaining('-c ak.ctx -l sha256:0,11 -q cafe'));
  });

  it('may refuse a credential and a signature: what it says is the answer', async () => {
    const { guest } = madeGuest({ exitCode: 1, stderr: 'integrity check failed' });
    const tpm = await GuestTpm.open(guest, signal);
    const refusal = { exitCode: 1, stderr: 'integrity check failed' };
    expect(await tpm.activate(AK, new Uint8Array())).toMatchObject(refusal);
    expect(await tpm.sign(AK, new Uint8Array())).toMatchObject(refusal);
  });

  it('that fails otherwise is broken', async () => {
    const { guest } = madeGuest({ exitCode: 1, stderr: 'no TPM' });
    const tpm = await GuestTpm.open(guest, signal);
    await expect(tpm.eventLog()).rejects.toMatchObject({
      name: 'InfraError',
      lastLines: ['no TPM'],
    });
    await expect(tpm.extend(11, new Uint8Array(32))).rejects.toThrow('exited with code 1');
  });
});
