import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import {
  describeBlob,
  describeBlob2,
  describeCode,
  describeCrtmVersion,
  describeHandoffTables,
  describeHandoffTables2,
} from './describe-firmware.ts';
import { describeGpt } from './describe-gpt.ts';
import { describeImage } from './describe-image.ts';
import { describeNoAction } from './describe-no-action.ts';
import { describeTags } from './describe-tag.ts';
import { describeSeparator, describeText } from './describe-text.ts';
import { describeAuthority, describeVariable } from './describe-variable.ts';
import type { DevicePathText } from './device-path-text.ts';
import { safeText } from './event-text.ts';
import { type EventTypeName, isEventTypeName } from './event-types.ts';
import type { LogEvent } from './log-event.ts';

type Describer = (event: LogEvent, cursor: Cursor, devicePathText: DevicePathText) => string;

const variable: Describer = ({ data, dataOffset }, _cursor, devicePathText) =>
  describeVariable(data, dataOffset, devicePathText);
const authority: Describer = ({ data, dataOffset }) => describeAuthority(data, dataOffset);
const image: Describer = (_event, cursor, devicePathText) => describeImage(cursor, devicePathText);
const gpt: Describer = (_event, cursor) => describeGpt(cursor);
const code: Describer = ({ data }, cursor) => describeCode(data, cursor);

/** What stands in the event field of each type; of other types it is text at best. */
const DESCRIBERS: Readonly<Partial<Record<EventTypeName, Describer>>> = {
  EV_NO_ACTION: describeNoAction,
  EV_SEPARATOR: ({ data }) => describeSeparator(data),
  EV_EVENT_TAG: (_event, cursor) => describeTags(cursor),
  EV_S_CRTM_VERSION: ({ data }) => describeCrtmVersion(data),
  EV_S_CRTM_CONTENTS: code,
  EV_POST_CODE: code,
  EV_POST_CODE2: code,
  EV_EFI_PLATFORM_FIRMWARE_BLOB: (_event, cursor) => describeBlob(cursor),
  EV_EFI_PLATFORM_FIRMWARE_BLOB2: (_event, cursor) => describeBlob2(cursor),
  EV_EFI_HANDOFF_TABLES: (_event, cursor) => describeHandoffTables(cursor),
  EV_EFI_HANDOFF_TABLES2: (_event, cursor) => describeHandoffTables2(cursor),
  EV_EFI_VARIABLE_DRIVER_CONFIG: variable,
  EV_EFI_VARIABLE_BOOT: variable,
  EV_EFI_VARIABLE_BOOT2: variable,
  EV_EFI_SPDM_DEVICE_POLICY: variable,
  EV_EFI_VARIABLE_AUTHORITY: authority,
  EV_EFI_SPDM_DEVICE_AUTHORITY: authority,
  EV_EFI_BOOT_SERVICES_APPLICATION: image,
  EV_EFI_BOOT_SERVICES_DRIVER: image,
  EV_EFI_RUNTIME_SERVICES_DRIVER: image,
  EV_EFI_GPT_EVENT: gpt,
  EV_EFI_GPT_EVENT2: gpt,
};

/**
 * One line for people of what an event's field holds.
 *
 * @param event any event of a log; its field may hold anything
 * @param devicePathText how a device path reads; it may throw a FormatError
 * @returns printable text, also for a field that is not what its type promises
 */
export function describeEvent(event: LogEvent, devicePathText: DevicePathText): string {
  const describe = isEventTypeName(event.type) ? DESCRIBERS[event.type] : undefined;
  if (describe === undefined) return describeText(event.data);
  try {
    const cursor = new Cursor('', event.data, 'little', event.dataOffset);
    return describe(event, cursor, devicePathText);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return safeText(`malformed: expected ${error.expected}, found ${error.found}`);
  }
}
