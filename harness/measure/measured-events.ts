import { toHex } from '../bytes/hex.ts';
import type { DevicePathText } from './device-path-text.ts';
import type { MeasuredEvent } from './event.ts';
import { describeEvent } from './event-description.ts';
import type { EventLog } from './event-log.ts';
import { extendingEvents } from './log-replay.ts';

/**
 * The extends of a log as measurements that can be held against a forecast.
 *
 * @param log the firmware's log
 * @param devicePathText how a device path reads
 */
export function measuredEvents(
  log: EventLog,
  devicePathText: DevicePathText,
): readonly MeasuredEvent[] {
  return extendingEvents(log).map((event) => ({
    pcr: event.pcr,
    type: event.type,
    digests: event.digests,
    description: describeEvent(event, devicePathText),
    data: toHex(event.data),
  }));
}
