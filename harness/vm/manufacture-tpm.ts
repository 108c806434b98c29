import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../host/run-tool.ts';
import { toolCommand } from '../host/tools.ts';
import type { Machine } from '../machine/machine.ts';
import type { SwtpmContext } from './swtpm-context.ts';
import { createTpmAuthority, type TpmAuthority } from './tpm-authority.ts';
import type { TpmFiles } from './tpm-files.ts';

/** Manufacturing takes 0.6 s on a quiet machine. */
const SETUP_MS = 60_000;

/**
 * Manufactures a vTPM with an EK, certificates and the machine's banks.
 *
 * @param files where; its directories are there
 * @throws InfraError where a tool fails; StageTimeout where one takes too long
 */
export async function manufactureTpm(
  machine: Machine,
  files: TpmFiles,
  context: Omit<SwtpmContext, 'directory'>,
): Promise<void> {
  const { tools, reaper, signal } = context;
  const run = { reaper, deadlineMs: SETUP_MS, signal };
  const authority = await createTpmAuthority(files.certificates, tools, run);
  await writeConfiguration(files, authority);
  const args = [
    ...['--tpm2', '--tpmstate', files.state, '--config', files.setupConfiguration],
    ...['--create-ek-cert', '--create-platform-cert', '--lock-nvram'],
    ...['--pcr-banks', machine.tpm.banks.join(',')],
    ...['--write-ek-cert-files', files.certificates, '--vmid', machine.name],
  ];
  await runTool(toolCommand(tools, 'swtpm_setup', args, { directory: files.home }), run);
}

/** swtpm_setup.conf(5), swtpm-localca.conf(5), swtpm-localca.options(5). */
async function writeConfiguration(files: TpmFiles, authority: TpmAuthority): Promise<void> {
  await writeFile(
    files.setupConfiguration,
    `create_certs_tool = swtpm_localca
create_certs_tool_config = ${files.authorityConfiguration}
create_certs_tool_options = ${files.authorityOptions}
`,
  );
  await writeFile(
    files.authorityConfiguration,
    `statedir = ${files.certificates}
signingkey = ${authority.signingkey}
issuercert = ${authority.issuercert}
certserial = ${join(files.certificates, 'certserial')}
`,
  );
  await writeFile(
    files.authorityOptions,
    `--platform-manufacturer cvm-conformance
--platform-version 1
--platform-model emulated
`,
  );
}
