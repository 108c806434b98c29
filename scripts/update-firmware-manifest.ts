/** Maintenance: writes into ovmf/manifest.json the digests of the builds that set-up has fetched, and what each can do. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../harness/host/atomic-file.ts';
import { openSource } from '../harness/host/file-source.ts';
import { firmwareBuilds } from '../harness/images/firmware-build.ts';
import { firmwareCapabilities } from '../harness/images/firmware-capabilities.ts';

const root = join(import.meta.dirname, '..');
const manifest = join(root, 'ovmf', 'manifest.json');
const builds = await firmwareBuilds(manifest, join(root, '.cache', 'firmware'));
const described = [];
for (const { generation, variant, code, vars } of builds) {
  using image = await openSource(code.path);
  described.push({
    generation,
    variant,
    code: { file: code.file, sha256: code.sha256 },
    vars: vars && { file: vars.file, sha256: vars.sha256 },
    capabilities: firmwareCapabilities(image),
  });
}
const { packages } = JSON.parse(await readFile(manifest, 'utf8')) as { packages: unknown };
const text = JSON.stringify({ packages, builds: described }, null, 2);
await writeFileAtomically(manifest, `${text}\n`);
