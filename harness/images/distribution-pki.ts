import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryAside } from '../host/directory-aside.ts';
import { runTool, type ToolRun } from '../host/run-tool.ts';
import { type Tools, toolCommand } from '../host/tools.ts';

/** What a certificate of the PKI is. */
type Recipe = {
  readonly subject: string;
  /** Who issues it; itself where it is left out. */
  readonly issuer?: string;
  readonly ca?: true;
  /** Years in which it is valid. */
  readonly years?: readonly [from: number, until: number];
  /** Name of a curve instead of RSA-2048. */
  readonly curve?: string;
};

/**
 * The keys of a made-up distribution. Its CA issues one certificate for kernels and one for UKIs, as those
 * distributions do that keep the two apart; `bench` signs the programs of the harness itself.
 */
const RECIPES = {
  pk: { subject: 'cvm-conformance PK' },
  kek: { subject: 'cvm-conformance KEK' },
  bench: { subject: 'cvm-conformance bench' },
  distribution: { subject: 'Distribution CA', ca: true },
  kernel: { subject: 'Distribution kernel signing', issuer: 'distribution' },
  uki: { subject: 'Distribution UKI signing', issuer: 'distribution' },
  expired: { subject: 'Distribution expired', issuer: 'distribution', years: [2020, 2021] },
  revoked: { subject: 'Distribution revoked', issuer: 'distribution' },
  curve: { subject: 'Distribution EC signing', issuer: 'distribution', curve: 'P-256' },
  foreignCa: { subject: 'Foreign CA', ca: true },
  foreign: { subject: 'Foreign signing', issuer: 'foreignCa' },
} as const satisfies Readonly<Record<string, Recipe>>;

/** A certificate of the PKI by its name. */
export type PkiName = keyof typeof RECIPES;

/** Counted up where certificates are made in another way. */
const VERSION = 1;

const VALID_YEARS = [2020, 2045] as const;
const OPENSSL_MS = 60_000;

/** A certificate and its private key. */
export type PkiIdentity = { readonly certificate: Uint8Array; readonly key: KeyObject };

/** The keys and certificates of a made-up distribution, made once and kept in the cache. */
export class DistributionPki {
  readonly #directory: string;
  readonly #identities: ReadonlyMap<PkiName, PkiIdentity>;

  private constructor(directory: string, identities: ReadonlyMap<PkiName, PkiIdentity>) {
    this.#directory = directory;
    this.#identities = identities;
  }

  /**
   * Opens the PKI, and makes it with OpenSSL where it is not there.
   *
   * @param cache directory of what is kept between runs
   * @throws InfraError where OpenSSL fails
   */
  static async open(
    cache: string,
    tools: Tools,
    context: Omit<ToolRun, 'deadlineMs'>,
  ): Promise<DistributionPki> {
    const recipe = JSON.stringify([VERSION, RECIPES]);
    const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
    const directory = join(cache, 'pki', key);
    if (!existsSync(directory)) {
      await makeDirectoryAside(directory, context.reaper, (aside) =>
        makeAll(aside, tools, context),
      );
    }
    const identities = await Promise.all(
      names().map(
        async (name): Promise<[PkiName, PkiIdentity]> => [name, await read(directory, name)],
      ),
    );
    return new DistributionPki(directory, new Map(identities));
  }

  /** Tells one PKI from another: what is made with its keys is cached under it. */
  get key(): string {
    return createHash('sha256').update(this.identity('pk').certificate).digest('hex').slice(0, 12);
  }

  identity(name: PkiName): PkiIdentity {
    const identity = this.#identities.get(name);
    if (identity !== undefined) return identity;
    throw new TypeError(`no certificate ${name}`);
  }

  /** The certificate in DER. */
  certificate(name: PkiName): Uint8Array {
    return this.identity(name).certificate;
  }

  /** The certificates above one, in DER, the nearest first. */
  issuersOf(name: PkiName): readonly Uint8Array[] {
    const { issuer }: Recipe = RECIPES[name];
    return issuer === undefined ? [] : [this.certificate(issuer as PkiName)];
  }

  /** Absolute path of a certificate in PEM, with its private key as `.key` beside it. */
  certificatePath(name: PkiName): string {
    return join(this.#directory, `${name}.crt`);
  }

  /** Absolute path of a private key in PEM. */
  privateKeyPath(name: PkiName): string {
    return join(this.#directory, `${name}.key`);
  }

  /** Absolute path of the directory with all of them. */
  get directory(): string {
    return this.#directory;
  }
}

function names(): readonly PkiName[] {
  return Object.keys(RECIPES) as PkiName[];
}

async function read(directory: string, name: PkiName): Promise<PkiIdentity> {
  const file = (ending: string) => readFile(join(directory, `${name}.${ending}`));
  const [certificate, key] = await Promise.all([file('crt'), file('key')]);
  return {
    certificate: new Uint8Array(new X509Certificate(certificate).raw),
    key: createPrivateKey(key),
  };
}

async function makeAll(
  directory: string,
  tools: Tools,
  context: Omit<ToolRun, 'deadlineMs'>,
): Promise<void> {
  for (const name of names()) {
    const args = opensslArguments(directory, name);
    const command = toolCommand(tools, 'openssl', args, { directory, asRoot: true });
    await runTool(command, { ...context, deadlineMs: OPENSSL_MS });
  }
}

function opensslArguments(directory: string, name: PkiName): readonly string[] {
  const { subject, issuer, ca, curve, years = VALID_YEARS }: Recipe = RECIPES[name];
  const path = (one: string, ending: string) => join(directory, `${one}.${ending}`);
  const key = curve === undefined ? ['rsa:2048'] : ['ec', '-pkeyopt', `ec_paramgen_curve:${curve}`];
  const extensions = ca
    ? ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
    : ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=codeSigning'];
  return [
    ...['req', '-x509', '-newkey', ...key, '-noenc', '-sha256', '-subj', `/CN=${subject}`],
    ...['-not_before', `${years[0]}0101000000Z`, '-not_after', `${years[1]}0101000000Z`],
    ...extensions.flatMap((extension) => ['-addext', extension]),
    ...(issuer === undefined ? [] : ['-CA', path(issuer, 'crt'), '-CAkey', path(issuer, 'key')]),
    ...['-keyout', path(name, 'key'), '-out', path(name, 'crt')],
  ];
}
