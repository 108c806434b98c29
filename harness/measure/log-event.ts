/** One record of a TCG event log, as it stands there. */
export type LogEvent = {
  /** Position in the log, from 0; the Spec ID event counts. */
  readonly index: number;
  /** PCR index; for EV_NO_ACTION any number, for a CCEL log the measurement register. */
  readonly pcr: number;
  /** TCG name of the event type, or `0x8401`. */
  readonly type: string;
  readonly typeNumber: number;
  /** Lower-case hex by TCG name of the algorithm, in the order of the log. */
  readonly digests: Readonly<Record<string, string>>;
  /** The event field: not what was hashed, unless the event type says so. */
  readonly data: Uint8Array;
  /** Byte offset of the record in the file. */
  readonly offset: number;
  /** Byte offset of `data` in the file. */
  readonly dataOffset: number;
};
