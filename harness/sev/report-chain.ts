import type { GivenCertificate } from './certificate-file.ts';

/** The certificates that lead from a VCEK or VLEK to AMD's root. */
export type ReportChain = {
  readonly vek: GivenCertificate;
  /** ASK or ASVK; absent where none of the given ones issued the VEK. */
  readonly ask: GivenCertificate | undefined;
  /** ARK, self-signed; absent where none of the given ones issued the ASK. */
  readonly ark: GivenCertificate | undefined;
};

/**
 * Looks for the certificates that issued a VEK: by name and by signature (AMD signs with RSA-PSS).
 *
 * @param given certificates in any order
 */
export function findChain(vek: GivenCertificate, given: readonly GivenCertificate[]): ReportChain {
  const authorities = given.filter(isAuthority);
  const ask = authorities.find((one) => !isIssuer(one, one) && isIssuer(one, vek));
  const ark = ask && authorities.find((one) => isIssuer(one, one) && isIssuer(one, ask));
  return { vek, ask, ark };
}

/** Certificates of a chain that are not valid at a time. */
export function notValidAt(chain: ReportChain, at: Date): readonly GivenCertificate[] {
  const all = [chain.vek, chain.ask, chain.ark].filter((one) => one !== undefined);
  return all.filter(({ x509 }) => at < x509.validFromDate || at > x509.validToDate);
}

/** The common name of a certificate's subject. */
export function commonName({ x509 }: GivenCertificate): string {
  const line = x509.subject?.split('\n').findLast((part) => part.startsWith('CN='));
  return line?.slice('CN='.length) ?? 'a certificate without a name';
}

function isAuthority({ x509, key, vek }: GivenCertificate): boolean {
  return vek === undefined && x509.ca && key.asymmetricKeyType === 'rsa';
}

function isIssuer(issuer: GivenCertificate, subject: GivenCertificate): boolean {
  const hasName =
    subject.x509.checkIssued(issuer.x509) || subject.x509.issuer === issuer.x509.subject;
  return hasName && subject.x509.verify(issuer.key);
}
