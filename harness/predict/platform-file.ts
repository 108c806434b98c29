import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { FormatError } from '../bytes/format-error.ts';
import { readJson } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { Platform } from './platform.ts';

/** Larger ones are no platform: the tables of QEMU and the largest PEI volume are a few MiB. */
const LARGEST_PLATFORM = 64 << 20;

const PlatformJson = z.strictObject({
  fwCfg: z.record(z.string().max(56), z.base64()).exactOptional(),
  firmwareMemory: z.strictObject({ peiVolume: z.base64() }).exactOptional(),
});

/**
 * A platform as the file that a dossier keeps, so that a boot can be judged again without QEMU.
 *
 * @returns gzip of a JSON document whose bytes are base64
 */
export function encodePlatform({ fwCfg, firmwareMemory }: Platform): Uint8Array {
  const files = [...(fwCfg ?? [])].map(([name, bytes]) => [name, base64(bytes)]);
  const json: z.infer<typeof PlatformJson> = {
    ...(fwCfg && { fwCfg: Object.fromEntries(files) }),
    ...(firmwareMemory && { firmwareMemory: { peiVolume: base64(firmwareMemory.peiVolume) } }),
  };
  return gzipSync(JSON.stringify(json));
}

/**
 * Reads a platform that {@link encodePlatform} wrote.
 *
 * @throws FormatError where the file is no such platform
 */
export function readPlatform(source: ByteSource): Platform {
  const place = { file: source.name, offset: 0, what: 'a platform' };
  const { fwCfg, firmwareMemory } = readJson(place, unpack(source), PlatformJson);
  const files = Object.entries(fwCfg ?? {}).map(([name, text]) => [name, bytes(text)] as const);
  return {
    ...(fwCfg && { fwCfg: new Map(files) }),
    ...(firmwareMemory && { firmwareMemory: { peiVolume: bytes(firmwareMemory.peiVolume) } }),
  };
}

function unpack(source: ByteSource): Uint8Array {
  const at = { file: source.name, offset: 0, expected: 'a platform, packed by gzip' };
  if (source.size > LARGEST_PLATFORM) throw new FormatError({ ...at, found: 'too many bytes' });
  try {
    const options = { maxOutputLength: LARGEST_PLATFORM };
    return gunzipSync(source.read(0, source.size), options);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new FormatError({ ...at, found: 'something else' });
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
