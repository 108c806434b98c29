import type { Cursor } from '../bytes/cursor.ts';
import { byteCount, safeText } from './event-text.ts';
import type { LogEvent } from './log-event.ts';
import { readSpecId } from './spec-id.ts';

const SIGNATURE_BYTES = 16;

/**
 * Describes an EV_NO_ACTION event by its signature (TCG PC Client PFP 1.06, 10.4.5): Spec ID,
 * StartupLocality, SP800-155 reference manifests, SPDM device instances.
 *
 * @throws FormatError where the structure ends early
 */
export function describeNoAction(event: LogEvent, cursor: Cursor): string {
  const signature = Buffer.from(cursor.take(SIGNATURE_BYTES, 'signature'))
    .toString('latin1')
    .replace(/\0+$/, '');
  if (signature.startsWith('Spec ID Event')) return describeSpecId(event, signature);
  if (signature === 'StartupLocality') return `startup locality ${cursor.u8('startup locality')}`;
  if (signature.startsWith('SP800-155 Event')) {
    const vendor = cursor.u32('vendor ID');
    return `${signature}: reference manifest ${cursor.guid('manifest GUID')} of vendor ${vendor}`;
  }
  return `${safeText(signature)}: ${byteCount(cursor.remaining)}`;
}

function describeSpecId(event: LogEvent, signature: string): string {
  const names = readSpecId('', event)?.algorithms.map(({ name }) => name) ?? [];
  return safeText(`${signature}: ${names.join(', ')}`);
}
