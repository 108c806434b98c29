import { guidBytes } from '../../harness/bytes/guid.ts';

/** Texts in ASCII. */
export function ascii(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => Buffer.from(text, 'latin1'));
}

/** Texts in UTF-16LE with their NUL. */
export function utf16(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => Buffer.from(`${text}\0`, 'utf16le'));
}

/** GUIDs as EFI stores them. */
export function guids(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => guidBytes(text));
}

/** Bytes in hex. */
export function hex(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => Buffer.from(text, 'hex'));
}
