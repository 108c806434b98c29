import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestTpm } from '../../harness/guest/guest-tpm.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import type { Boots } from '../boots.ts';
import type { BootSetting } from '../setting.ts';
import type { Attestation } from './attestation.ts';
import { collectAttestation } from './collect-attestation.ts';
import { attestElsewhere } from './other-tpm.ts';

/** Directory of what a guest handed over, relative to the run's directory. */
export function attestationOf(machine: string): string {
  return `attestation/${machine}`;
}

/** Guests that were asked to prove what they are: each once, and every requirement judges what they said. */
export class AttestedGuests implements AsyncDisposable {
  readonly #setting: BootSetting;
  readonly #boots: Boots;
  readonly #reaper = Reaper.start();
  readonly #attestations = new Map<string, Promise<Attestation>>();

  constructor(setting: BootSetting, boots: Boots) {
    this.#setting = setting;
    this.#boots = boots;
  }

  /** What a machine's guest handed over, asked for now where it was not asked before. */
  of(machine: string, signal: AbortSignal): Promise<Attestation> {
    const attestation = this.#attestations.get(machine) ?? this.#ask(machine, signal);
    this.#attestations.set(machine, attestation);
    return attestation;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #ask(machine: string, signal: AbortSignal): Promise<Attestation> {
    const directory = join(this.#setting.run, attestationOf(machine));
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { prediction } = await this.#boots.forecast(machine, signal);
    const forecast = { sha256: prediction.banks.sha256 ?? {} };
    using _place = await this.#boots.enter(machine, signal);
    await using ready = await this.#boots.fork(machine, directory, signal);
    const { vm, ssh } = ready;
    this.#boots.step(`attestation of ${machine}`);
    const fromGuest = await vm.during(async (over) =>
      collectAttestation(await GuestTpm.open(ssh, over), forecast),
    );
    const authority = await readFile(join(vm.tpm.certificates, 'issuercert.pem'));
    const context = { ...this.#setting, reaper: this.#reaper, signal };
    const elsewhere = await attestElsewhere(vm.machine, prediction.events, context);
    const at = new Date();
    const attestation = { ...fromGuest, ...elsewhere, authority, forecast, at };
    await keep(directory, attestation);
    return attestation;
  }
}

/** Every structure as a file that `cvm quote verify` takes. */
async function keep(directory: string, attestation: Attestation): Promise<void> {
  const { quotes, activation, forged, otherTpm } = attestation;
  const all = { ...quotes, 'other-tpm': otherTpm.quote };
  const files: readonly (readonly [string, Uint8Array | string])[] = [
    ['issuercert.pem', attestation.authority],
    ['ek.crt', attestation.ekCertificate],
    ['ek.pub', attestation.ek],
    ['ak.pub', attestation.ak],
    ['other-ak.pub', attestation.otherAk],
    ['free-key.pub', attestation.freeKey],
    ['other-tpm-ak.pub', otherTpm.ak],
    ['forecast.json', JSON.stringify({ banks: attestation.forecast })],
    ['binary_bios_measurements', attestation.eventLog],
    ['tpm2-measure.log', attestation.userspaceLog],
    ['forged.msg', forged.attest],
    ['forged.sig', forged.byFreeKey.stdout],
    ['forged-by-ak.log', forged.byAk.stderr],
    ['activation.log', Object.entries(activation).map(answerText).join('')],
    ...Object.entries(all).flatMap(([name, { attest, signature, nonce }]) => [
      [`${name}.msg`, attest] as const,
      [`${name}.sig`, signature] as const,
      [`${name}.nonce`, `${Buffer.from(nonce).toString('hex')}\n`] as const,
    ]),
  ];
  for (const [name, content] of files) await writeFile(join(directory, name), content);
}

function answerText([name, answer]: readonly [
  string,
  Uint8Array | { readonly exitCode: number | null; readonly stderr: string },
]): string {
  if (answer instanceof Uint8Array) return '';
  return `${name}: exit code ${answer.exitCode}\n${answer.stderr}\n`;
}
