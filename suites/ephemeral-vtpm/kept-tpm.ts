import { randomBytes } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../../harness/host/errors.ts';
import type { ToolRun } from '../../harness/host/run-tool.ts';
import { enrollTpmKey, makeLuksVolume } from '../../harness/images/luks-volume.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { FirmwareState, type FirmwareStateContext } from '../../harness/vm/firmware-state.ts';
import { ServedTpm } from '../../harness/vm/served-tpm.ts';

/** Where systemd looks for a storage root key. */
const SRK_HANDLE = '0x81000001';

/** A counter of the owner's (TPM 2.0 Library, Part 2, 13.1: TPM_NT_COUNTER). */
const COUNTER = '0x1500020';

const SECTOR_BYTES = 512;

/** A volume whose key one TPM gives out. */
export type KeyedVolume = { readonly path: string; readonly passphrase: string };

/** How an attempt to open a volume ended. */
export type Opening = { readonly opened: boolean; readonly said: string };

/** Public EKs of a TPM whose files were swapped, lower-case hex. */
export type SwappedTpm = {
  /** Before its files were swapped, after that, and at its next start. */
  readonly before: string;
  readonly during: string;
  readonly next: string;
};

/** A TPM whose state the host keeps, and what can be done with it. */
export class KeptTpm implements AsyncDisposable {
  readonly state: FirmwareState;
  readonly #context: FirmwareStateContext;

  private constructor(state: FirmwareState, context: FirmwareStateContext) {
    this.state = state;
    this.#context = context;
  }

  /** Manufactures a TPM with a storage root key and a counter. */
  static async manufacture(machine: Machine, context: FirmwareStateContext): Promise<KeptTpm> {
    const tpm = new KeptTpm(await FirmwareState.manufacture(machine, context), context);
    await tpm.#served(async (served) => {
      const kind = ['-G', 'ecc256:null:aes128cfb', '-a', SRK_ATTRIBUTES];
      await served.run('tpm2_createprimary', ['-C', 'o', ...kind, '-c', 'srk.ctx']);
      await served.run('tpm2_evictcontrol', ['-C', 'o', '-c', 'srk.ctx', SRK_HANDLE]);
      await served.run('tpm2_readpublic', ['-c', SRK_HANDLE, '-f', 'tss', '-o', 'srk.pub']);
      await served.run('tpm2_nvdefine', [
        '-C',
        'o',
        '-a',
        'nt=counter|ownerread|ownerwrite',
        COUNTER,
      ]);
      await served.run('tpm2_nvincrement', ['-C', 'o', COUNTER]);
    });
    return tpm;
  }

  /** The public EK, lower-case hex. */
  async ek(): Promise<string> {
    return await this.#served(async (served) => {
      return await this.#ekOf(served);
    });
  }

  /** Puts another TPM's files in the place of this one's while it runs; it then writes to its NV memory. */
  async swapDuringRun(other: KeptTpm): Promise<SwappedTpm> {
    const ofRun = await this.#served(async (served) => {
      const before = await this.#ekOf(served);
      await other.state.swapBeneath({ directory: this.state.directory.path });
      const during = await this.#ekOf(served);
      await served.run('tpm2_nvincrement', ['-C', 'o', COUNTER]);
      return { before, during };
    });
    return { ...ofRun, next: await this.ek() };
  }

  /** The same while it does not run. */
  async swapAtRest(other: KeptTpm): Promise<string> {
    await other.state.swapBeneath({ directory: this.state.directory.path });
    return await this.ek();
  }

  /** Counts on, as a guest does that wants to notice an old state. */
  async count(): Promise<void> {
    await this.#served((served) => served.run('tpm2_nvincrement', ['-C', 'o', COUNTER]));
  }

  /** The counter's value, lower-case hex. */
  async counter(): Promise<string> {
    return await this.#served(async (served) => {
      await served.run('tpm2_nvread', ['-C', 'o', '-o', 'counter', COUNTER]);
      return await readFile(this.state.directory.file('counter'), 'hex');
    });
  }

  /** Makes a volume whose key this TPM gives out, whatever was booted. */
  async makeVolume(directory: string, run: Omit<ToolRun, 'deadlineMs'>): Promise<KeyedVolume> {
    const { tools } = this.#context;
    const passphrase = join(directory, 'passphrase');
    await writeFile(passphrase, randomBytes(32).toString('hex'), { mode: 0o600 });
    const path = join(directory, 'volume.luks');
    const content = randomBytes(SECTOR_BYTES);
    await makeLuksVolume({ path, content, passphrase }, tools, run);
    const srk = this.state.directory.file('srk.pub');
    await enrollTpmKey(path, passphrase, srk, {}, tools, run);
    return { path, passphrase };
  }

  /** Opens a volume with this TPM, by enrolling another key in a copy of it, for which it must be opened. */
  async open({ path }: KeyedVolume): Promise<Opening> {
    const copy = this.state.directory.file('opened.luks');
    await copyFile(path, copy);
    return await this.#served(async (served) => {
      const args = [`--unlock-tpm2-device=${served.tcti}`, '--recovery-key', copy];
      try {
        await served.run('systemd-cryptenroll', args);
        return { opened: true, said: 'opened' };
      } catch (error) {
        if (!(error instanceof InfraError) || error.exitCode !== 1) throw error;
        return { opened: false, said: error.lastLines.join('\n') };
      }
    });
  }

  /** A copy of this moment, with a life of its own. */
  async clone(): Promise<KeptTpm> {
    return new KeptTpm(await this.state.clone(), this.#context);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.state[Symbol.asyncDispose]();
  }

  async #ekOf(served: ServedTpm): Promise<string> {
    await served.run('tpm2_createek', ['-G', 'ecc', '-u', 'ek.pub', '-c', 'ek.ctx']);
    return await readFile(this.state.directory.file('ek.pub'), 'hex');
  }

  async #served<T>(use: (served: ServedTpm) => Promise<T>): Promise<T> {
    const { tpm, directory } = this.state;
    await using served = await ServedTpm.start(tpm.state, directory, this.#context);
    return await use(served);
  }
}

/** Of the key that systemd makes there: a storage key that no dictionary attack locks. */
const SRK_ATTRIBUTES =
  'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt';
