import { formatGuid } from '../bytes/guid.ts';
import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { readCertificate } from '../formats/certificate.ts';
import type { VariableStore } from '../formats/efi-variable-store.ts';
import type { OvmfBuild } from '../formats/ovmf-build.ts';
import type { Shim } from '../formats/shim.ts';
import type { Bank } from '../measure/bank.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import { type Authorisation, authoriseImage } from '../predict/authorisation.ts';
import type { ImageAuthority } from '../predict/firmware/secure-boot.ts';
import type { RefusalCode } from '../predict/verdict.ts';
import type { NamedCertificate } from './image-signers.ts';

/** Bytes of the owner, before a signature's data. */
const OWNER_BYTES = 16;

/** What an image would be judged by. */
export type Trust = {
  readonly store: VariableStore;
  /** The shim that would load it; absent where none is given. */
  readonly shim: Shim | undefined;
  /** The firmware that would load it; absent where none is given. */
  readonly build: OvmfBuild | undefined;
};

/** The entry that authorises an image. */
export type AuthorisingEntry = {
  /** `db`, `MokListRT`, or `Shim` for the certificate that shim was built with. */
  readonly variable: string;
  readonly owner: string | null;
} & (
  | ({ readonly type: 'x509' } & NamedCertificate)
  | { readonly type: 'hash'; readonly digest: string }
);

/** What one loader makes of the image. */
export type LoaderReport = {
  readonly boots: boolean;
  /** `db`, `MokList` or `Shim`: where the entry is; `null` where none authorises it, or none is asked for. */
  readonly by: string | null;
  readonly entry: AuthorisingEntry | null;
  /** The first authority event; `null` where nothing is measured. */
  readonly event: ExpectedEvent | null;
  /** All of them; an image that is refused can leave some too. */
  readonly events: readonly ExpectedEvent[];
  /** Why it would not boot; `null` where it would. */
  readonly code: RefusalCode | null;
  readonly reason: string | null;
};

/** `authorisation` of `cvm uki --vars FD --json`. */
export type AuthorisationReport = LoaderReport & {
  readonly secureBoot: Authorisation['secureBoot'];
  /** Who would start it: the firmware, or else shim; `null` where nobody would. */
  readonly loader: 'firmware' | 'shim' | null;
  readonly firmware: LoaderReport;
  /** As the second stage of shim; `null` where nothing in the store is for a shim, and none is given. */
  readonly shim: LoaderReport | null;
};

/**
 * Whether an image would boot with a variable store, and what would be measured for it.
 *
 * @throws FormatError where its headers or a signature database contradict themselves
 */
export function describeAuthorisation(
  source: ByteSource,
  { store, shim, build }: Trust,
  banks: readonly Bank[],
): AuthorisationReport {
  const judged = authoriseImage({ banks }, source, store, shim, build);
  const firmware = loaderReport(judged.firmware);
  const byShim = judged.shim && loaderReport(judged.shim);
  const loader = firmware.boots ? 'firmware' : byShim?.boots ? 'shim' : null;
  const chosen = loader === 'shim' && byShim ? byShim : firmware;
  const { secureBoot } = judged;
  return { secureBoot, loader, ...chosen, firmware, shim: byShim ?? null };
}

function loaderReport({ verdict, events }: Authorisation['firmware']): LoaderReport {
  const [authority] = verdict.authorities;
  const entry = verdict.allowed && authority ? describeEntry(authority) : null;
  return {
    boots: verdict.allowed,
    by: entry && (entry.variable === 'MokListRT' ? 'MokList' : entry.variable),
    entry,
    event: events[0] ?? null,
    events,
    code: verdict.allowed ? null : verdict.code,
    reason: verdict.allowed ? null : verdict.reason,
  };
}

/** Only what comes from lists begins with its owner. */
function describeEntry({ variable: { name }, signature }: ImageAuthority): AuthorisingEntry {
  const isInList = name !== 'Shim';
  const data = isInList ? signature.subarray(OWNER_BYTES) : signature;
  const owner = isInList ? formatGuid(signature.subarray(0, OWNER_BYTES)) : null;
  const isCertificate = data[0] === DER_SEQUENCE && data.length > LONGEST_HASH_BYTES;
  if (!isCertificate) return { variable: name, owner, type: 'hash', digest: toHex(data) };
  const { subject, issuer, sha256 } = readCertificate(name, data, 0);
  return { variable: name, owner, type: 'x509', subject, issuer, sha256 };
}

const DER_SEQUENCE = 0x30;
const LONGEST_HASH_BYTES = 64;

/** The same for people, a line each. */
export function renderAuthorisation(report: AuthorisationReport): readonly string[] {
  const { secureBoot, firmware, shim } = report;
  if (secureBoot !== 'on') return [`Secure Boot is ${secureBoot}: it boots, whoever signed it`];
  return [
    ...renderLoader('Firmware', firmware),
    ...(shim === null ? [] : renderLoader('shim', shim)),
  ];
}

function renderLoader(name: string, { boots, entry, events, reason }: LoaderReport) {
  const verdict = boots
    ? `${name}: boots${entry === null ? '' : `, by ${describe(entry)}`}`
    : `${name}: would not boot: ${reason}`;
  return [verdict, ...events.flatMap(renderEvent)];
}

function describe(entry: AuthorisingEntry): string {
  const what = entry.type === 'x509' ? entry.subject : entry.digest;
  return `${entry.variable}: ${what}`;
}

function renderEvent({ pcr, type, description, digests }: ExpectedEvent): readonly string[] {
  return [
    `  PCR ${pcr}  ${type}  ${description}`,
    ...Object.entries(digests).map(([bank, digest]) => `    ${bank} ${digest}`),
  ];
}
