import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toHex } from '../bytes/hex.ts';
import { VARIABLE_GUIDS } from '../formats/efi-variable.ts';
import { signatureListBytes } from '../formats/signature-list-bytes.ts';
import { KeptBytes } from '../host/kept-bytes.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { settleAll } from '../host/settle.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import { type Tools, toolCommand } from '../host/tools.ts';
import type { DistributionPki, PkiName } from './distribution-pki.ts';
import { OWNER } from './secure-boot-store.ts';

const ENROLL_MS = 30_000;

/** NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS, TIME_BASED_AUTHENTICATED_WRITE_ACCESS (UEFI 2.11, 8.2). */
const NV_BS = 0x03;
const AUTHENTICATED = 0x27;

/** SHIM_LOCK_GUID and the vendor of CustomMode (edk2, gEfiCustomModeEnableGuid). */
const SHIM_LOCK = '605dab50-e046-4300-abb6-3dd810dd8b23';
const CUSTOM_MODE = 'c076ec0c-7028-4399-a072-71ee5c448b9f';

/** EFI_TIME 2026-01-01: when the keys were enrolled. */
const ENROLLED = 'ea070101000000000000000000000000';

/** An entry of a signature list: a certificate of the PKI, a certificate in DER, or a hash. */
export type StoreEntry =
  | PkiName
  | { readonly x509: Uint8Array }
  | { readonly sha1: string }
  | { readonly sha256: string }
  /** The hash of a certificate's TBSCertificate, revoked since ever. */
  | { readonly x509Sha256: string };

/** What is enrolled in a variable store. */
export type StoreContent = {
  /** Without a platform key the firmware is in setup mode. */
  readonly platformKey?: PkiName | null;
  readonly secureBootEnable?: 0 | 1;
  readonly db?: readonly StoreEntry[];
  readonly dbx?: readonly StoreEntry[];
  readonly mokList?: readonly StoreEntry[];
  readonly mokListX?: readonly StoreEntry[];
  /** SbatLevel: a text. */
  readonly sbatLevel?: string;
};

/** Counted up where virt-fw-vars is given other arguments. */
const VERSION = 1;

/** What Debian knows of the packages of the toolbox: their versions, among others. */
const PACKAGES = 'var/lib/dpkg/status';

/** What stores are made with. */
export type StoreContext = Omit<ToolRun, 'deadlineMs'> & {
  readonly toolbox: Extract<Tools, { kind: 'toolbox' }>;
  /** Directory of what is kept between runs. */
  readonly cache: string;
};

/** Absolute paths of the empty store that comes with a firmware build, and of the store to be made. */
type StoreFiles = { readonly empty: string; readonly store: string };

/**
 * Makes a variable store with virt-fw-vars, which makes the same of the same: what it made once is
 * kept in the cache.
 *
 * @param content what is enrolled
 * @throws InfraError where virt-fw-vars fails
 */
export async function makePkiStore(
  content: StoreContent,
  pki: DistributionPki,
  files: StoreFiles,
  context: StoreContext,
): Promise<void> {
  const { empty, store } = files;
  const variables = JSON.stringify({ version: 2, variables: variablesOf(content, pki) });
  const key = await keyOf(variables, empty, context.toolbox.root);
  const cache = new KeptBytes(join(context.cache, 'pki-stores'));
  await mkdir(dirname(store), { recursive: true, mode: 0o700 });
  const kept = await cache.get(key);
  if (kept !== undefined) return await writeFile(store, kept);
  await runVirtFwVars(variables, files, context);
  await cache.put(key, await readFile(store));
}

/** Names all that a store depends on: what is enrolled in what, and by which tool. */
async function keyOf(variables: string, empty: string, toolbox: string): Promise<string> {
  const digests = await settleAll([empty, join(toolbox, PACKAGES)].map(sha256OfFile));
  return createHash('sha256')
    .update(JSON.stringify([VERSION, variables, ...digests]))
    .digest('hex');
}

async function runVirtFwVars(
  variables: string,
  { empty, store }: StoreFiles,
  context: StoreContext,
): Promise<void> {
  const json = `${store}.json`;
  await writeFile(json, variables);
  const args = ['--input', empty, '--set-json', json, '--output', store];
  const access = { readable: [empty], directory: dirname(store) };
  const command = toolCommand(context.toolbox, 'virt-fw-vars', args, access);
  await runTool(command, { ...context, deadlineMs: ENROLL_MS });
}

function variablesOf(content: StoreContent, pki: DistributionPki) {
  const { platformKey = 'pk', secureBootEnable = 1, sbatLevel } = content;
  const { global, imageSecurity, secureBootEnable: enable } = VARIABLE_GUIDS;
  const list = (guid: string, name: string, entries: readonly StoreEntry[] = []) =>
    entries.length === 0 ? [] : [variable(guid, name, listsOf(entries, pki))];
  return [
    ...(platformKey === null ? [] : list(global, 'PK', [platformKey])),
    ...list(global, 'KEK', ['kek']),
    ...list(imageSecurity, 'db', content.db),
    ...list(imageSecurity, 'dbx', content.dbx),
    ...list(SHIM_LOCK, 'MokList', content.mokList),
    ...list(SHIM_LOCK, 'MokListX', content.mokListX),
    ...(sbatLevel === undefined ? [] : [variable(SHIM_LOCK, 'SbatLevel', Buffer.from(sbatLevel))]),
    variable(enable, 'SecureBootEnable', Uint8Array.of(secureBootEnable)),
    variable(CUSTOM_MODE, 'CustomMode', Uint8Array.of(0)),
  ];
}

/** What virt-fw-vars takes: shim's own variables and edk2's switches are not authenticated. */
function variable(guid: string, name: string, data: Uint8Array) {
  const isAuthenticated = guid === VARIABLE_GUIDS.global || guid === VARIABLE_GUIDS.imageSecurity;
  const attr = isAuthenticated ? AUTHENTICATED : NV_BS;
  return { name, guid, attr, data: toHex(data), ...(isAuthenticated && { time: ENROLLED }) };
}

function listsOf(entries: readonly StoreEntry[], pki: DistributionPki): Uint8Array {
  return Buffer.concat(entries.map((entry) => listOf(entry, pki)));
}

function listOf(entry: StoreEntry, pki: DistributionPki): Uint8Array {
  const hex = (text: string) => Buffer.from(text, 'hex');
  if (typeof entry === 'string') return signatureListBytes('x509', OWNER, [pki.certificate(entry)]);
  if ('x509' in entry) return signatureListBytes('x509', OWNER, [entry.x509]);
  if ('sha1' in entry) return signatureListBytes('sha1', OWNER, [hex(entry.sha1)]);
  if ('sha256' in entry) return signatureListBytes('sha256', OWNER, [hex(entry.sha256)]);
  const revoked = Buffer.concat([hex(entry.x509Sha256), Buffer.alloc(16)]);
  return signatureListBytes('x509-sha256', OWNER, [revoked]);
}
