import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import { readVariableStore } from '../../harness/formats/efi-variable-store.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { makePkiStore, type StoreContent } from '../../harness/images/pki-store.ts';
import { needsToolbox, testToolbox } from '../../harness/vm/bench-for-tests.ts';
import manifest from '../../ovmf/manifest.json' with { type: 'json' };

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url));
const [vars] = manifest.builds.flatMap(({ vars: file }) => file ?? []);
const EMPTY = join(CACHE, 'firmware', vars?.file ?? '');

const title = needsToolbox('variable stores that are kept');

describe.skipIf(testToolbox === undefined)(title, () => {
  let reaper: Reaper;
  let scratch: RunDirectory;
  let pki: DistributionPki;

  beforeAll(async () => {
    reaper = Reaper.start();
    scratch = await RunDirectory.create(reaper);
    pki = await DistributionPki.open(scratch.path, toolbox(), { reaper });
    return async () => {
      await scratch[Symbol.asyncDispose]();
      await reaper[Symbol.asyncDispose]();
    };
  });

  function toolbox() {
    if (testToolbox === undefined) throw new TypeError('no toolbox');
    return testToolbox;
  }

  /** The store, and whether virt-fw-vars was started for it: it is given its variables in a file. */
  async function made(name: string, content: StoreContent) {
    const store = scratch.file(`${name}/vars.fd`);
    const context = { toolbox: toolbox(), reaper, cache: scratch.path };
    await makePkiStore(content, pki, { empty: EMPTY, store }, context);
    const isMade = readdirSync(dirname(store)).includes('vars.fd.json');
    return { bytes: new Uint8Array(readFileSync(store)), isMade };
  }

  it('are what virt-fw-vars makes, and are made once', async () => {
    const first = await made('first', { db: ['uki'] });
    const again = await made('again', { db: ['uki'] });
    expect([first.isMade, again.isMade]).toEqual([true, false]);
    expect(Buffer.compare(again.bytes, first.bytes)).toBe(0);
    const { variables } = readVariableStore(bytesSource('store', again.bytes));
    expect(variables.map(({ name }) => name)).toContain('db');
  });

  it('are made where another one is asked for', async () => {
    const first = await made('one', { db: ['kernel'] });
    const other = await made('other', { db: ['kernel'], secureBootEnable: 0 });
    expect(other.isMade).toBe(true);
    expect(Buffer.compare(other.bytes, first.bytes)).not.toBe(0);
  });

  it('are made anew where what was kept is damaged', async () => {
    const sound = await made('sound', { db: ['revoked'] });
    const directory = scratch.file('pki-stores');
    for (const name of readdirSync(directory)) {
      const bytes = readFileSync(join(directory, name));
      writeFileSync(join(directory, name), bytes.fill(0, 5000, 5001));
    }
    const anew = await made('anew', { db: ['revoked'] });
    expect(anew.isMade).toBe(true);
    expect(Buffer.compare(anew.bytes, sound.bytes)).toBe(0);
  });
});
