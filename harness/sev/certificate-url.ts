import { toHex } from '../bytes/hex.ts';
import { type AttestationReport, SIGNING_KEY } from './attestation-report.ts';
import { type Product, productOf, tcbLayoutOf } from './product.ts';
import { readTcbVersion, type TcbVersion } from './tcb-version.ts';

const SERVICE = 'https://kdsintf.amd.com';

/** Bytes of the chip id in a Turin's URL: the others of CHIP_ID are zero. */
const TURIN_CHIP_BYTES = 8;

/** Products whose reports of version 2 do not say which one it is. */
const BEFORE_VERSION_3: readonly Product[] = ['Milan', 'Genoa'];

/**
 * Where AMD's key distribution service has the certificates of a report (AMD 57230, chapter 4): one URL
 * for the VCEK, one for ASK and ARK. Nothing is fetched.
 *
 * @returns URLs; for each product that it may be, where the report does not say. A VLEK has none of
 *   its own: the cloud that it is for hands it out
 */
export function certificateUrls(report: AttestationReport): readonly string[] {
  const { cpuid } = report;
  const product = cpuid && productOf(cpuid);
  const products = cpuid === undefined ? BEFORE_VERSION_3 : [product].filter(isKnown);
  const kind = report.signingKey === SIGNING_KEY.vlek ? 'vlek' : 'vcek';
  return products.flatMap((name) => [
    ...(kind === 'vcek' && !isHidden(report) ? [vcekUrl(name, report)] : []),
    `${SERVICE}/${kind}/v1/${name}/cert_chain`,
  ]);
}

function isKnown(product: Product | undefined): product is Product {
  return product !== undefined;
}

function isHidden({ chipId }: AttestationReport): boolean {
  return chipId.every((byte) => byte === 0);
}

function vcekUrl(product: Product, { chipId, reportedTcb, cpuid }: AttestationReport): string {
  const id = product === 'Turin' ? chipId.subarray(0, TURIN_CHIP_BYTES) : chipId;
  const tcb = readTcbVersion(reportedTcb, tcbLayoutOf(cpuid?.family));
  return `${SERVICE}/vcek/v1/${product}/${toHex(id)}?${patchLevels(tcb)}`;
}

/** Patch levels by the names that the service gives them, two digits at least. */
function patchLevels({ fmc, bootloader, tee, snp, microcode }: TcbVersion): string {
  const levels = { fmcSPL: fmc, blSPL: bootloader, teeSPL: tee, snpSPL: snp, ucodeSPL: microcode };
  return Object.entries(levels)
    .filter(([, level]) => level !== undefined)
    .map(([name, level]) => `${name}=${String(level).padStart(2, '0')}`)
    .join('&');
}
