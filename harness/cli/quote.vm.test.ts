import { mkdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { emptyPolicy, policyAuthValue, policyOr, policyPcr } from '../tpm/policy-digest.ts';
import { BOOT_MS, needsToolbox, testToolbox } from '../vm/bench-for-tests.ts';
import { ServedTpm } from '../vm/served-tpm.ts';
import { readPcrEvidence } from './pcr-evidence-file.ts';
import { quoteVerify } from './quote-verify.ts';

const NONCE = '0123456789abcdef';
const SELECTION = 'sha1:4+sha256:0,4,7,11';

/** What swtpm signs quotes with. */
const SCHEMES = [
  ['rsa', 'rsassa', 'sha1'],
  ['rsa', 'rsassa', 'sha256'],
  ['rsa', 'rsassa', 'sha384'],
  ['rsa', 'rsapss', 'sha256'],
  ['rsa', 'rsapss', 'sha512'],
  ['ecc', 'ecdsa', 'sha256'],
  ['ecc384', 'ecdsa', 'sha384'],
  ['ecc521', 'ecdsa', 'sha512'],
] as const;

/** A TPM that nobody has manufactured, whose PCRs are not all zero. */
class RealTpm implements AsyncDisposable {
  readonly #undo: AsyncDisposableStack;
  readonly #directory: RunDirectory;
  readonly #tpm: ServedTpm;

  private constructor(undo: AsyncDisposableStack, directory: RunDirectory, tpm: ServedTpm) {
    this.#undo = undo;
    this.#directory = directory;
    this.#tpm = tpm;
  }

  static async open(): Promise<RealTpm> {
    const undo = new AsyncDisposableStack();
    const reaper = undo.use(Reaper.start());
    const directory = undo.use(await RunDirectory.create(reaper));
    const state = directory.file('tpm');
    await mkdir(state, { mode: 0o700 });
    const context = { tools: testToolbox ?? { kind: 'host' as const }, reaper };
    const tpm = new RealTpm(
      undo,
      directory,
      undo.use(await ServedTpm.start(state, directory, context)),
    );
    const digests = `sha1=${'11'.repeat(20)},sha256=${'22'.repeat(32)}`;
    await tpm.run('tpm2_pcrextend', `4:${digests}`, `7:${digests}`);
    return tpm;
  }

  /** Runs a tool; nobody else makes room in this TPM. */
  async run(tool: string, ...args: readonly string[]): Promise<string> {
    const output = await this.#tpm.run(tool, args);
    await this.#tpm.run('tpm2_flushcontext', ['-t']);
    return output;
  }

  async source(name: string) {
    return bytesSource(name, await readFile(this.#directory.file(name)));
  }

  /** The digest that the TPM has of a policy. */
  async policy(...commands: readonly (readonly [string, ...string[]])[]): Promise<string> {
    await this.#tpm.run('tpm2_startauthsession', ['-S', 'session']);
    for (const [tool, ...args] of commands) {
      await this.#tpm.run(tool, ['-S', 'session', '-L', 'policy', ...args]);
    }
    await this.#tpm.run('tpm2_flushcontext', ['session']);
    return await readFile(this.#directory.file('policy'), 'hex');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#undo.disposeAsync();
  }
}

describe.skipIf(testToolbox === undefined)(needsToolbox('a real TPM'), { timeout: BOOT_MS }, () => {
  it('makes quotes that verify, in every form that tpm2-tools write', async () => {
    await using tpm = await RealTpm.open();
    await tpm.run('tpm2_createek', '-G', 'rsa', '-c', 'ek.ctx');
    for (const [algorithm, scheme, hash] of SCHEMES) {
      const key = ['-G', algorithm, '-s', scheme, '-g', hash, '-c', 'ak.ctx', '-u', 'ak.pub'];
      await tpm.run('tpm2_createak', '-C', 'ek.ctx', ...key);
      for (const form of ['tss', 'plain']) {
        const what = ['-c', 'ak.ctx', '-l', SELECTION, '-q', NONCE, '-g', hash];
        const files = ['-m', 'quote.msg', '-s', 'quote.sig', '-o', 'quote.pcrs'];
        await tpm.run('tpm2_quote', ...what, '--scheme', scheme, '-f', form, ...files);
        const { pcrs } = readPcrEvidence(await tpm.source('quote.pcrs'));
        const { valid, checks } = quoteVerify({
          attest: await tpm.source('quote.msg'),
          signature: await tpm.source('quote.sig'),
          ak: await tpm.source('ak.pub'),
          nonce: Buffer.from(NONCE, 'hex'),
          pcrs,
        });
        expect({ algorithm, scheme, hash, form, valid, checks }).toMatchObject({ valid: true });
      }
    }
  });

  it('has the policy digests that are computed offline', async () => {
    await using tpm = await RealTpm.open();
    const text = await tpm.run('tpm2_pcrread', SELECTION);
    const { pcrs } = readPcrEvidence(bytesSource('pcrs', Buffer.from(text)));
    const start = emptyPolicy('sha256');
    const pcr = await tpm.policy(['tpm2_policypcr', '-l', SELECTION]);
    expect(pcr).toBe(policyPcr('sha256', start, pcrs));
    const withPin = await tpm.policy(['tpm2_policypcr', '-l', SELECTION], ['tpm2_policyauthvalue']);
    expect(withPin).toBe(policyAuthValue('sha256', pcr));
    const or = await tpm.policy(
      ['tpm2_policypcr', '-l', SELECTION],
      ['tpm2_policyor', '-l', 'sha256:policy,policy'],
    );
    expect(or).toBe(policyOr('sha256', [pcr, pcr]));
  });
});
