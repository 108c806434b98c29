import { existsSync } from 'node:fs';
import { stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { authenticodeDigests } from '../../harness/formats/authenticode.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { RunDirectory } from '../../harness/host/run-directory.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import { Bench, BOOT_MS, needsToolbox, testToolbox } from '../../harness/vm/bench-for-tests.ts';
import { runFirmware } from '../../harness/vm/firmware-run.ts';
import { takeFirmwareSnapshot } from '../../harness/vm/firmware-snapshot.ts';
import manifest from '../../ovmf/manifest.json' with { type: 'json' };

const FIRMWARE = fileURLToPath(new URL('../../.cache/firmware/', import.meta.url));
const build = manifest.builds.find(({ variant }) => variant === 'amd-sev');
const image = FIRMWARE + build?.code.file;
const PROGRAM = join(testToolbox?.root ?? '', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi');

/** Where this build looks for the table of hashes (its footer's entry). */
const TABLE = { address: 0x810c00, size: 0x400 };

/** The processor's first instruction, and one that none comes to. */
const RESET_VECTOR = 0xfffffff0;
const NOWHERE = 0x10;

function machineWith(kernel: string, hashesTable?: string): Machine {
  return Machine.parse({
    name: 'snapshots',
    firmware: { kind: 'bios', image },
    boot: { kind: 'kernel', kernel, ...(hashesTable !== undefined && { hashesTable }) },
    vcpus: 1,
    memoryMiB: 512,
  });
}

/** Zeros, as many as the program has bytes. */
async function zerosIn(home: RunDirectory): Promise<string> {
  const path = home.file('zeros');
  await writeFile(path, '');
  await truncate(path, (await stat(PROGRAM)).size);
  return path;
}

const isThere = testToolbox !== undefined && existsSync(image);
const title = needsToolbox('a snapshot of a firmware');

describe.skipIf(!isThere)(title, { timeout: BOOT_MS }, () => {
  it('is refused where memory was read that nothing may have read', async () => {
    await using bench = await Bench.open();
    await using home = await RunDirectory.create(bench.context.reaper);
    const machine = machineWith(await zerosIn(home));
    const request = { machine, instruction: NOWHERE, unread: TABLE, file: home.file('state') };
    await expect(takeFirmwareSnapshot(request, bench.context)).rejects.toThrow(
      'firmware of snapshots has read memory at 0x810c00 before it came to 0x10',
    );
    expect(existsSync(request.file)).toBe(false);
  });

  it('is gone on from with a kernel and a table that it knew nothing of', async () => {
    await using bench = await Bench.open();
    await using home = await RunDirectory.create(bench.context.reaper);
    const machine = machineWith(await zerosIn(home));
    const request = { machine, instruction: RESET_VECTOR, unread: TABLE, file: home.file('state') };
    const from = await takeFirmwareSnapshot(request, bench.context);
    expect(from.seen.extends).toEqual([]);
    using kernel = await openSource(PROGRAM);
    const table = makeHashesTable(hashKernel({ kernel, initrd: undefined, cmdline: undefined }));
    const hashesTable = home.file('table');
    await writeFile(hashesTable, table);
    const run = {
      machine: machineWith(PROGRAM, hashesTable),
      from,
      hashTableAddress: TABLE.address,
      memory: { ...TABLE, size: table.length },
      directory: home.file('run'),
    };
    const { end, programs, memory } = await runFirmware(run, bench.context);
    expect(Buffer.from(memory)).toEqual(Buffer.from(table));
    expect({ end, program: programs[0] }).toEqual({
      end: { kind: 'started' },
      program: authenticodeDigests(kernel, readPe(kernel), ['sha256'])['sha256'],
    });
  });
});
