import type { Command } from 'commander';
import type { ByteSource } from '../bytes/source.ts';
import type { DigestThreads } from '../host/digest-threads.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import type { VerityAlgorithm } from '../verity/parameters.ts';
import { EXIT } from './exit-code.ts';
import { print } from './output.ts';
import { tellHashing } from './tell-hashing.ts';
import {
  renderVerification,
  renderVerityRoot,
  verityRootReport,
  verityVerifyReport,
} from './verity.ts';
import type { VerityTarget } from './verity-locate.ts';
import {
  parseAlgorithm,
  parseBlockNumber,
  parseBlockSize,
  parseFormat,
  parseSalt,
  type VerityFlags,
} from './verity-parameters.ts';

type JsonFlag = { readonly json?: true };

/**
 * Adds `cvm verity`.
 *
 * @param threads threads that wait for blocks to hash, where they have been started
 */
export function addVerity(program: Command, threads?: DigestThreads): void {
  const verity = program
    .command('verity')
    .description('dm-verity hash trees: root hash, verification, what covers a block');
  addRoot(verity, threads);
  addVerify(verity, threads);
  addLocate(verity);
}

function addRoot(verity: Command, threads: DigestThreads | undefined): void {
  const command = verity
    .command('root')
    .description('the root hash of a file of data')
    .argument('<data>', 'the data, or - for standard input')
    .option('--hash-file <file>', 'take the parameters from the superblock of this hash file');
  withParameters(command).action(
    async (file: string, flags: VerityFlags & JsonFlag & { readonly hashFile?: string }) => {
      using files = new DisposableStack();
      const data = files.use(await openSource(file));
      const { hashFile } = flags;
      const hash = hashFile === undefined ? undefined : files.use(await openSource(hashFile));
      tellHashing([data]);
      const report = await verityRootReport(data, hash, flags, threads);
      print(report, flags.json === true, () => renderVerityRoot(report));
    },
  );
}

function addVerify(verity: Command, threads: DigestThreads | undefined): void {
  const command = verity
    .command('verify')
    .description('whether data and hash tree are those of a root hash; which blocks are not')
    .argument('<data>', 'the data')
    .argument('<hash>', 'the hash file')
    .requiredOption('--root <hex>', 'the root hash');
  withParameters(command).action(
    async (file: string, hashFile: string, flags: VerityFlags & JsonFlag & { root: string }) => {
      using data = await openSource(file);
      using hash = await openSource(hashFile);
      tellHashing([data]);
      const report = await verityVerifyReport(data, hash, flags.root, flags, threads);
      print(report, flags.json === true, () => renderVerification(report));
      if (!report.valid) process.exitCode = EXIT.doesNotConform;
    },
  );
}

function addLocate(verity: Command): void {
  const command = verity
    .command('locate')
    .description('where a data block lies, which hash blocks cover it, which file owns it')
    .argument('[data]', 'the data')
    .argument('[hash]', 'the hash file')
    .option('--disk <img>', 'a raw disk image with both, instead of two files')
    .requiredOption('--block <n>', 'number of the data block', parseBlockNumber);
  withParameters(command).action(
    async (data: string | undefined, hash: string | undefined, flags: LocateFlags) => {
      using files = new DisposableStack();
      const open = async (path: string) => files.use(await openSource(path));
      // It asks other programs, and what runs them takes longer to load than small files to be hashed.
      const locate = await import('./verity-locate.ts');
      const target = await findTarget(locate, data, hash, flags, open);
      const report = await locate.verityLocateReport(target, flags.block);
      print(report, flags.json === true, () => locate.renderVerityLocate(report));
    },
  );
}

type LocateFlags = VerityFlags & JsonFlag & { readonly disk?: string; readonly block: number };

async function findTarget(
  { locateOnDisk, locateInFiles }: typeof import('./verity-locate.ts'),
  data: string | undefined,
  hash: string | undefined,
  flags: LocateFlags,
  open: (path: string) => Promise<ByteSource>,
): Promise<VerityTarget> {
  if (flags.disk !== undefined && data === undefined) return locateOnDisk(await open(flags.disk));
  if (flags.disk === undefined && data !== undefined && hash !== undefined) {
    return locateInFiles(await open(data), await open(hash), flags);
  }
  throw new UsageError('verity locate: expected either DATA and HASH, or --disk IMG');
}

/** Options that say what a superblock would say. */
function withParameters(command: Command): Command {
  return command
    .option('--data-block-size <n>', 'in bytes; without a superblock 4096', parseBlockSize)
    .option('--hash-block-size <n>', 'in bytes; without a superblock 4096', parseBlockSize)
    .option('--salt <hex>', 'or - for none; without a superblock none', parseSalt)
    .option<VerityAlgorithm>('--algorithm <name>', 'without a superblock sha256', parseAlgorithm)
    .option<0 | 1>('--format <n>', '0 (Chromium OS) or 1; without a superblock 1', parseFormat)
    .option('--no-superblock', 'the hash file has no superblock')
    .option('--json', 'print one JSON document');
}
