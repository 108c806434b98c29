import { toHex } from '../bytes/hex.ts';
import { type AttestationReport, SIGNING_KEY } from './attestation-report.ts';
import type { GivenCertificate } from './certificate-file.ts';
import { productNamed } from './product.ts';
import { commonName } from './report-chain.ts';
import { encodeTcbVersion } from './tcb-version.ts';
import type { VekCertificate } from './vek-certificate.ts';

/** Bytes of CHIP_ID: a shorter hwID has zeros behind it in reports. */
const CHIP_ID_BYTES = 64;

/**
 * Where a certificate lies in a cache: `PRODUCT/vcek/CHIP_ID/TCB.der`, `PRODUCT/vlek/CSP_ID/TCB.der`,
 * `PRODUCT/NAME.der` for the ones above them. Chip id and TCB are written as in reports.
 *
 * @returns names of folders, and last of the file; absent where the certificate is none of AMD's
 */
export function certificatePlace(certificate: GivenCertificate): readonly string[] | undefined {
  const { vek } = certificate;
  const place = vek === undefined ? authorityPlace(certificate) : vekPlace(vek);
  return place?.every((name) => SAFE_NAME.test(name)) === true ? place : undefined;
}

/** What a certificate says becomes no path of its own making. */
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,150}$/;

function vekPlace(vek: VekCertificate): readonly string[] {
  const tcb = `${toHex(encodeTcbVersion(vek.tcb, vek.layout))}.der`;
  const product = productNamed(vek.productName);
  if (vek.hwId === undefined) return [product, 'vlek', vek.cspId ?? '', tcb];
  return [product, 'vcek', toHex(vek.hwId).padEnd(2 * CHIP_ID_BYTES, '0'), tcb];
}

/** `ARK-Milan`, `SEV-Milan`, `SEV-VLEK-Milan`: the product comes last. */
function authorityPlace(certificate: GivenCertificate): readonly string[] | undefined {
  const name = commonName(certificate);
  const product = /^(?:ARK|SEV|SEV-VLEK)-([A-Za-z0-9]+)$/.exec(name)?.[1];
  return product === undefined ? undefined : [product, `${name}.der`];
}

/** Which folders of a cache can hold a report's certificates, with `*` for any name. */
export function certificateFolders(report: AttestationReport): readonly (readonly string[])[] {
  const isHidden = report.chipId.every((byte) => byte === 0);
  const chip = isHidden ? '*' : toHex(report.chipId);
  const vek = report.signingKey === SIGNING_KEY.vlek ? ['vlek', '*'] : ['vcek', chip];
  return [[], ['*'], ['*', ...vek]];
}
