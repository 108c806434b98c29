/** Writes the JSON Schema of result.json; run it after a change to harness/report/result.ts. */
import { writeFile } from 'node:fs/promises';
import { resultJsonSchema } from '../harness/report/json-schema.ts';

await writeFile(
  new URL('../harness/report/result.schema.json', import.meta.url),
  resultJsonSchema(),
);
