/** How a file is written that is known by its digest. */
const PREFIX = 'SHA-256 ';

type Description = Readonly<Record<string, unknown>>;

/** A machine as a dossier's index describes it, and the digests of its files. */
type DescribedMachine = {
  readonly machine: Description;
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
};

/**
 * A machine whose files stand there by their digests and no longer by their paths, which differ between two
 * checkouts and two days without anything else being booted.
 */
export function filesByDigest({ machine, inputs }: DescribedMachine): Description {
  const digests = new Map(inputs.map(({ path, sha256 }) => [path, sha256]));
  return withDigests(machine, digests);
}

/** Whether a value of a machine is a file that is known by its digest. */
export function isDigest(value: string | undefined): boolean {
  return value?.startsWith(PREFIX) === true;
}

function withDigests(description: Description, digests: ReadonlyMap<string, string>): Description {
  return Object.fromEntries(
    Object.entries(description).map(([name, value]) => [name, digestOf(value, digests)]),
  );
}

function digestOf(value: unknown, digests: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    const sha256 = digests.get(value);
    return sha256 === undefined ? value : `${PREFIX}${sha256}`;
  }
  const isDescription = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isDescription ? withDigests(value as Description, digests) : value;
}
