/** TPM2_Startup(TPM_SU_CLEAR) (TPM 2.0 Library, Part 3, 9.3), as hex digits. */
export const CLEAR_STARTUP = '80010000000c000001440000';

/** A response without parameters, of a command with sessions or without, as hex digits. */
const SUCCESS = '80010000000a00000000';

/**
 * TPM2_PCR_Extend with an empty password (Part 3, 22.2), as hex digits.
 *
 * @param digests TPM_ALG_ID as four hex digits, and the digest
 */
export function extendCommand(
  pcr: number,
  digests: readonly (readonly [algorithm: string, digest: string])[],
): string {
  const u32 = (value: number) => value.toString(16).padStart(8, '0');
  const list = digests.map(([algorithm, hex]) => algorithm + hex).join('');
  const body = `00000182${u32(pcr)}00000009400000090000000000${u32(digests.length)}${list}`;
  return `8002${u32(body.length / 2 + 6)}${body}`;
}

/** A command and its response as swtpm 0.10 logs them at level 20: 16 bytes a line. */
export function loggedExchange(command: string, response = SUCCESS): string {
  return block('Read', command) + block('Write', response);
}

function block(title: string, hex: string): string {
  const bytes = hex.toUpperCase().match(/../g) ?? [];
  const lines = bytes.map((byte, index) => (index % 16 === 15 ? `${byte} \n ` : `${byte} `));
  return ` SWTPM_IO_${title}: length ${bytes.length}\n ${lines.join('')}\n`;
}
