import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** Files of a certificate authority, under the names that swtpm-localca.conf(5) knows. */
export type TpmAuthority = {
  /** Private key, PKCS #8 in PEM. */
  readonly signingkey: string;
  /** Self-signed certificate, PEM. */
  readonly issuercert: string;
};

/** OpenSSL's configuration (config(5), x509v3_config(5)); the host's own is not read. */
const CONFIGURATION = `[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
commonName = cvm-conformance vTPM manufacturer
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;

/**
 * Makes the certificate authority that certifies one vTPM. swtpm_localca would make one too, but
 * takes a second for its RSA keys.
 *
 * @param directory absolute path of a directory of this run
 */
export async function createTpmAuthority(
  directory: string,
  tools: Tools,
  run: ToolRun,
): Promise<TpmAuthority> {
  const configuration = join(directory, 'openssl.conf');
  const authority = {
    signingkey: join(directory, 'signkey.pem'),
    issuercert: join(directory, 'issuercert.pem'),
  };
  await writeFile(configuration, CONFIGURATION);
  const args = [
    ...['req', '-x509', '-config', configuration, '-days', '3650', '-noenc', '-newkey', 'ec'],
    ...['-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-keyout', authority.signingkey, '-out', authority.issuercert],
  ];
  await runTool(toolCommand(tools, 'openssl', args, { directory }), run);
  return authority;
}
