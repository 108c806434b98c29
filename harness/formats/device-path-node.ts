import type { Cursor } from '../bytes/cursor.ts';

/** A device path node: a step on the way to a device or file. */
export type DevicePathNode = {
  readonly type: number;
  readonly subType: number;
  /** What follows the node's header. */
  readonly data: Uint8Array;
};

/** The nodes of one type that have a text of their own, by sub-type: each writes a node's data. */
export type NodeTexts = Readonly<Record<number, (cursor: Cursor) => string>>;
