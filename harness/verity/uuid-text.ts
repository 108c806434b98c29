/**
 * Text of a UUID in the byte order of RFC 9562, which unlike an EFI GUID swaps no fields.
 *
 * @param hex 32 hexadecimal digits
 */
export function uuidText(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
