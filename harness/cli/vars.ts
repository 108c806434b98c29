import { createHash } from 'node:crypto';
import { printable } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { readVariableStore } from '../formats/efi-variable-store.ts';
import { findFirmwareVolumes } from '../formats/firmware-volume.ts';
import { readOvmfBuild } from '../formats/ovmf-build.ts';
import { type SecureBootState, secureBootState } from '../predict/firmware/secure-boot-state.ts';

/** What `cvm vars --json` prints. */
export type VarsReport = {
  readonly variables: readonly {
    readonly name: string;
    readonly guid: string;
    /** EFI_VARIABLE_… bits. */
    readonly attributes: number;
    /** Size of the data in bytes. */
    readonly size: number;
    /** SHA-256 of the data, lower-case hex. */
    readonly sha256: string;
    /** Time stamp of an authenticated variable, in UTC; `null` where it has none. */
    readonly timestamp: string | null;
  }[];
  readonly secureBoot: SecureBootState;
};

/**
 * The variables that a boot with a store sees, and what Secure Boot would do. A store alone is taken to
 * belong to a firmware with Secure Boot; a whole firmware image says itself what it can do.
 *
 * @param source an `OVMF_VARS*.fd`, or a firmware image that starts with its variable store
 * @throws FormatError where the source does not start with a sound variable store
 */
export function varsReport(source: ByteSource): VarsReport {
  const store = readVariableStore(source);
  const isWholeImage = findFirmwareVolumes(source).length > 1;
  const hasSecureBoot = !isWholeImage || readOvmfBuild(source).hasSecureBoot;
  return {
    variables: store.variables.map(({ name, guid, attributes, data, timestamp }) => ({
      name,
      guid,
      attributes,
      size: data.length,
      sha256: createHash('sha256').update(data).digest('hex'),
      timestamp: timestamp ?? null,
    })),
    secureBoot: secureBootState(store, hasSecureBoot),
  };
}

/**
 * A report as a table for people.
 *
 * @param report what {@link varsReport} found
 * @returns lines, each ended by a line feed
 */
export function renderVars({ variables, secureBoot }: VarsReport): string {
  const rows = variables.map(({ name, guid, attributes, size, sha256, timestamp }) => [
    guid,
    printable(name),
    `0x${attributes.toString(16)}`,
    `${size}`,
    sha256.slice(0, 16),
    timestamp ?? '',
  ]);
  const table = [['guid', 'name', 'attributes', 'size', 'sha256', 'time stamp'], ...rows];
  return [...alignColumns(table), `Secure Boot: ${secureBoot}`, ''].join('\n');
}

function alignColumns(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
