import { z } from 'zod';
import { Result } from './result.ts';

/** The JSON Schema of `result.json` (draft 2020-12), as it is committed beside this file. */
export function resultJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(Result), null, 2)}\n`;
}
