/**
 * The harness as a library: readers, predictions and judgements are pure functions over bytes.
 *
 *     import { predict } from 'cvm-conformance';
 */
export { FormatError } from './bytes/format-error.ts';
export { type ByteSource, bytesSource } from './bytes/source.ts';
export { type Dossier, openDossier } from './evidence/dossier.ts';
export { judgePcr } from './judge/judge-pcr.ts';
export { observe } from './judge/observation.ts';
export { Machine } from './machine/machine.ts';
export { readEventLog } from './measure/event-log.ts';
export { replayLog } from './measure/log-replay.ts';
export { predict } from './predict/predict.ts';
export type { Prediction } from './predict/prediction.ts';
export { readPcrValues } from './tpm/pcrread.ts';
