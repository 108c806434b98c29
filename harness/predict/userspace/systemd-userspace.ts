import type { ExpectedEvent } from '../../measure/event.ts';
import { measuredBytes } from '../measured-bytes.ts';
import type { Forecast } from '../prediction.ts';

/** TPM2_PCR_KERNEL_BOOT (UAPI Group, Linux TPM PCR Registry). */
const PCR = 11;

/**
 * The words of a phase path, e.g. `enter-initrd:leave-initrd`. Empty words do not count, so that
 * both the empty text and `:` are the path without phases.
 *
 * @see systemd src/measure/measure-tool.c, normalize_phase
 */
export function phaseWords(path: string): readonly string[] {
  return path.split(':').filter((word) => word !== '');
}

/**
 * Forecasts what systemd extends PCR 11 with as the boot goes on: one word a phase, without a NUL.
 *
 * @param forecast which banks
 * @param path the phases in order, e.g. `enter-initrd:leave-initrd:sysinit:ready`
 * @see systemd src/pcrextend/pcrextend.c, units/systemd-pcrphase*.service.in
 */
export function phaseEvents(forecast: Forecast, path: string): readonly ExpectedEvent[] {
  return phaseWords(path).map((word) => ({
    ...userspaceEvent(forecast, PCR, 'phase', word),
    description: `phase ${word}`,
  }));
}

/**
 * One measurement of systemd's: text without a NUL.
 *
 * @param forecast which banks
 * @param pcr which PCR
 * @param type systemd's name for such events
 * @param word the text; also describes the event
 * @see systemd src/shared/tpm2-util.c (tpm2_pcr_extend_bytes, tpm2_userspace_event_type_table)
 */
export function userspaceEvent(
  { banks }: Forecast,
  pcr: number,
  type: string,
  word: string,
): ExpectedEvent {
  return {
    pcr,
    type,
    agent: 'systemd',
    description: word,
    ...measuredBytes(banks, Buffer.from(word)),
  };
}
