import { toHex } from '../bytes/hex.ts';
import { commandCode, responseCode } from './pcr-extend.ts';
import type { TpmExchange } from './swtpm-log.ts';

/** TPM_CC (TPM 2.0 Library, Part 2, 6.5.2). */
const STARTUP = 0x0144;
const IMPORT = 0x0156;
const LOAD = 0x0157;
const UNSEAL = 0x015e;
const POLICY_GET_DIGEST = 0x0189;

/** Commands by which a sealed key comes out, or does not. */
const OF_A_KEY: ReadonlyMap<number, string> = new Map([
  [IMPORT, 'TPM2_Import'],
  [LOAD, 'TPM2_Load'],
  [UNSEAL, 'TPM2_Unseal'],
]);

/** In front of the digest in a response: tag, size, response code, size of the digest. */
const DIGEST_AT = 12;

/** One attempt of a program to have a TPM give out a key that is sealed to a policy. */
export type Unsealing = {
  /** Digest of the policy that the TPM found satisfied, lower-case hex; absent where it was not asked. */
  readonly policy: string | undefined;
  /** Whether the TPM gave out the key. */
  readonly unsealed: boolean;
  /** The command that the TPM refused, and its response code; absent where it refused none. */
  readonly refusal: string | undefined;
};

/**
 * The attempts to unseal keys that a TPM has seen. Each program that uses a TPM through tpm2-tss begins with a
 * TPM2_Startup, which the TPM answers with TPM_RC_INITIALIZE.
 */
export function unsealings(exchanges: readonly TpmExchange[]): readonly Unsealing[] {
  const programs: TpmExchange[][] = [[]];
  for (const exchange of exchanges) {
    if (commandCode(exchange.command) === STARTUP) programs.push([]);
    programs.at(-1)?.push(exchange);
  }
  return programs.filter((program) => program.some(isOfKey)).map(unsealingOf);
}

/** The exchanges before the first attempt to unseal a key. */
export function beforeUnsealing(exchanges: readonly TpmExchange[]): readonly TpmExchange[] {
  const first = exchanges.findIndex(isOfKey);
  return first < 0 ? exchanges : exchanges.slice(0, first);
}

function unsealingOf(program: readonly TpmExchange[]): Unsealing {
  const digests = program.filter(({ command }) => commandCode(command) === POLICY_GET_DIGEST);
  const policy = digests.at(-1)?.response?.subarray(DIGEST_AT);
  const refused = program.find((exchange) => isOfKey(exchange) && codeOf(exchange) !== 0);
  return {
    policy: policy && toHex(policy),
    unsealed: program.some(
      (exchange) => commandCode(exchange.command) === UNSEAL && codeOf(exchange) === 0,
    ),
    refusal: refused && `${nameOf(refused)}: 0x${(codeOf(refused) ?? 0).toString(16)}`,
  };
}

function isOfKey({ command }: TpmExchange): boolean {
  return OF_A_KEY.has(commandCode(command) ?? 0);
}

function nameOf({ command }: TpmExchange): string {
  return OF_A_KEY.get(commandCode(command) ?? 0) ?? 'a command';
}

function codeOf({ response }: TpmExchange): number | undefined {
  return response && responseCode(response);
}
