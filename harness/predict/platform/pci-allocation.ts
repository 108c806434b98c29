/** A base address register, as its probing shows it. */
export type PciBar = {
  /** Number of the register; a 64-bit one takes the next number too. */
  readonly index: number;
  readonly kind: 'io' | 'memory32' | 'memory64';
  readonly isPrefetchable: boolean;
  /** Bytes. */
  readonly size: bigint;
};

/** A function of a device on the root bus. */
export type PciFunction = {
  readonly device: number;
  readonly function: number;
  /** In the order of their registers. */
  readonly bars: readonly PciBar[];
};

/** A range of addresses. */
export type Aperture = {
  readonly base: bigint;
  /** The first address behind it. */
  readonly end: bigint;
};

/** Where the host bridge decodes addresses. */
export type PciApertures = {
  readonly io: Aperture;
  readonly memory32: Aperture;
  readonly memory64: Aperture;
};

/** A BAR with its address. */
export type PlacedBar = {
  readonly function: PciFunction;
  readonly bar: PciBar;
  readonly address: bigint;
};

/** A BAR that asks for addresses. */
type Request = {
  readonly function: PciFunction;
  readonly bar: PciBar;
  /** Bits of the address that must be zero. */
  readonly alignment: bigint;
};

/** Alignment of what a root bridge decodes, by kind of address. */
const IO_ALIGNMENT = 0xfffn;
const MEMORY_ALIGNMENT = 0xfffffn;

/** No memory BAR shares a page with another, whatever its size. */
const PAGE = 0x1000n;

/**
 * Gives every BAR its address, as OVMF does on a root bus without bridges and option ROMs: each kind
 * of address has one block at the lowest place that fits, sorted by falling alignment.
 *
 * @param functions in the order of their addresses on the bus
 * @param apertures where the host bridge decodes addresses
 * @throws RangeError where the BARs of one kind do not fit into its aperture
 * @see edk2, MdeModulePkg/Bus/Pci/PciBusDxe/PciResourceSupport.c (InsertResourceNode,
 *   DegradeResource, CalculateResourceAperture) and PciLib.c (PciHostBridgeResourceAllocator);
 *   MdeModulePkg/Bus/Pci/PciHostBridgeDxe/PciHostBridge.c (AllocateResource)
 */
export function allocatePciBars(
  functions: readonly PciFunction[],
  apertures: PciApertures,
): readonly PlacedBar[] {
  const requests = functions.flatMap((owner) =>
    owner.bars.map((bar) => ({ function: owner, bar, alignment: alignmentOf(bar) })),
  );
  const pool = (kind: PciBar['kind']) =>
    combined(requests.filter(({ bar }) => bar.kind === kind && kind !== 'io'));
  const io = sorted(requests.filter(({ bar }) => bar.kind === 'io'));
  return [
    ...place(io, apertures.io, IO_ALIGNMENT),
    ...place(pool('memory32'), apertures.memory32, MEMORY_ALIGNMENT),
    ...place(pool('memory64'), apertures.memory64, MEMORY_ALIGNMENT),
  ];
}

function alignmentOf({ kind, size }: PciBar): bigint {
  return (kind !== 'io' && size < PAGE ? PAGE : size) - 1n;
}

/** The root bridge decodes prefetchable memory like any other: its requests come to the others last. */
function combined(requests: readonly Request[]): readonly Request[] {
  const prefetchable = sorted(requests.filter(({ bar }) => bar.isPrefetchable));
  return prefetchable.reduce(insert, sorted(requests.filter(({ bar }) => !bar.isPrefetchable)));
}

function sorted(requests: readonly Request[]): readonly Request[] {
  return requests.reduce<readonly Request[]>(insert, []);
}

/** Of requests alike in alignment, the last one inserted comes first. */
function insert(list: readonly Request[], request: Request): readonly Request[] {
  const rest = request.bar.size & request.alignment;
  const behind = list.findIndex(({ alignment, bar }) => {
    if (alignment !== request.alignment) return request.alignment > alignment;
    return rest === 0n || rest >= (bar.size & alignment);
  });
  return list.toSpliced(behind < 0 ? list.length : behind, 0, request);
}

function place(
  requests: readonly Request[],
  aperture: Aperture,
  bridgeAlignment: bigint,
): readonly PlacedBar[] {
  const [first] = requests;
  if (first === undefined) return [];
  const strictest = first.alignment > bridgeAlignment ? first.alignment : bridgeAlignment;
  let address = alignUp(aperture.base, strictest);
  const placed: PlacedBar[] = [];
  for (const { alignment, ...request } of requests) {
    address = alignUp(address, alignment);
    placed.push({ ...request, address });
    address += request.bar.size;
  }
  if (alignUp(address, bridgeAlignment) <= aperture.end) return placed;
  const range = `0x${aperture.base.toString(16)}-0x${aperture.end.toString(16)}`;
  throw new RangeError(`the BARs of the machine do not fit into ${range}`);
}

/** @param alignment bits that must be zero */
function alignUp(address: bigint, alignment: bigint): bigint {
  return (address + alignment) & ~alignment;
}
