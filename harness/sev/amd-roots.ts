import type { GivenCertificate } from './certificate-file.ts';

/** SHA-256 of the ARK certificates that AMD's key distribution service publishes: Milan, Genoa, Turin. */
const PUBLISHED: ReadonlySet<string> = new Set([
  '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
]);

/** Whether a root is one that AMD publishes: a root of that name alone anyone can make. */
export function isPublishedRoot({ x509 }: GivenCertificate): boolean {
  return PUBLISHED.has(x509.fingerprint256.replaceAll(':', '').toLowerCase());
}
