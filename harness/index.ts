/**
 * The harness as a library: readers, predictions and judgements are pure functions over bytes.
 *
 *     import { BOOTED, bytesSource, Machine, predict } from 'cvm-conformance';
 *
 *     const machine = Machine.parse(JSON.parse(readFileSync('machine.json', 'utf8')));
 *     const open = (path) => bytesSource(path, readFileSync(path));
 *     const { banks, events, learned, unpredictable } = predict(machine, open, {
 *       banks: ['sha256'],
 *       phases: BOOTED,
 *     });
 *
 * A `ByteSource` may read from anywhere; {@link openSource} reads a file in pieces, so that a disk costs
 * what its partition table and its boot files cost. What QEMU and firmware alone know of a machine
 * ({@link Platform}) is asked of them by {@link readQemuTables} and {@link learnFirmwareMemory}, or read
 * from a dossier by {@link readPlatform}; without it PCRs 0 and 1 are among `unpredictable`.
 */
export { FormatError } from './bytes/format-error.ts';
export { type ByteSource, bytesSource } from './bytes/source.ts';
export { type Dossier, openDossier } from './evidence/dossier.ts';
export { explainPcr } from './explain/explain-pcr.ts';
export { openSource } from './host/file-source.ts';
export { judgePcr } from './judge/judge-pcr.ts';
export { observe } from './judge/observation.ts';
export { Machine } from './machine/machine.ts';
export type { ExpectedEvent } from './measure/event.ts';
export { readEventLog } from './measure/event-log.ts';
export { replayLog } from './measure/log-replay.ts';
export type { Platform } from './predict/platform.ts';
export { readPlatform } from './predict/platform-file.ts';
export { BOOTED, type PredictOptions, predict } from './predict/predict.ts';
export type { PredictedEvent, Prediction } from './predict/prediction.ts';
export { UnbootableError } from './predict/unbootable-error.ts';
export { readPcrValues } from './tpm/pcrread.ts';
export { learnFirmwareMemory } from './vm/learn-firmware.ts';
export { readQemuTables } from './vm/qemu-tables.ts';
