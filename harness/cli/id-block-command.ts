import type { Command } from 'commander';
import { openSource } from '../host/file-source.ts';
import { ID_BYTES } from '../sev/id-block.ts';
import { LAUNCH_DIGEST_BYTES } from '../sev/page-info.ts';
import { EXIT } from './exit-code.ts';
import { hexOption } from './hex-option.ts';
import { type CreateFlags, createIdBlock, renderIdBlock } from './id-block-create.ts';
import { renderIdVerification, type VerifyFlags, verifyIdFiles } from './id-block-verify.ts';
import { readPrivateKey } from './id-private-key.ts';
import { numberOption } from './number-option.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';
import { DEFAULT_POLICY, parsePolicy } from './policy-option.ts';
import { writeOutput } from './write-output.ts';

const JSON_OPTION = ['--json', 'print one JSON document'] as const;

/** Adds `cvm id-block`. */
export function addIdBlock(program: Command): void {
  const idBlock = program
    .command('id-block')
    .description('ID blocks: who an SNP guest is, signed by its owner');
  addCreate(idBlock);
  addVerify(idBlock);
}

type CreateCommandFlags = Omit<CreateFlags, 'policy'> & {
  readonly policy?: bigint;
  readonly idKey: string;
  readonly authorKey?: string;
  readonly idBlock?: string;
  readonly idAuth?: string;
  readonly json?: true;
};

function addCreate(idBlock: Command): void {
  idBlock
    .command('create')
    .description("signs an ID block; prints it as QEMU's sev-snp-guest takes it")
    .requiredOption('--measurement <hex>', 'the launch digest', digest('--measurement'))
    .requiredOption('--id-key <file>', 'private key on P-384 that signs the block')
    .option('--author-key <file>', 'private key on P-384 that signs the ID key')
    .option('--policy <n>', 'guest policy of the launch; 0x30000, if not given', parsePolicy)
    .option('--guest-svn <n>', 'version of the guest', numberOption('--guest-svn', 0, MAX_SVN), 0)
    .option('--family-id <hex>', '16 bytes, passed on to reports', id('--family-id'))
    .option('--image-id <hex>', '16 bytes, passed on to reports', id('--image-id'))
    .option('--id-block <file>', 'write the block there, 96 bytes')
    .option('--id-auth <file>', 'write keys and signatures there, 4096 bytes')
    .option(...JSON_OPTION)
    .action(async ({ idKey, authorKey, policy = DEFAULT_POLICY, ...flags }: CreateCommandFlags) => {
      const created = createIdBlock(
        { ...flags, policy },
        {
          idKey: await readPrivateKey(idKey),
          authorKey: authorKey === undefined ? undefined : await readPrivateKey(authorKey),
        },
      );
      if (flags.idBlock !== undefined) await writeOutput(flags.idBlock, created.idBlock);
      if (flags.idAuth !== undefined) await writeOutput(flags.idAuth, created.idAuth);
      print(created.report, flags.json === true, () => renderIdBlock(created.report));
    });
}

type VerifyCommandFlags = VerifyFlags & {
  readonly idBlock: string;
  readonly idAuth: string;
  readonly report?: string;
  readonly json?: true;
};

function addVerify(idBlock: Command): void {
  idBlock
    .command('verify')
    .description('whether the secure processor would take an ID block, and what it is held against')
    .requiredOption('--id-block <file>', 'the block, raw or in base64')
    .requiredOption('--id-auth <file>', 'keys and signatures, raw or in base64')
    .option('--measurement <hex>', 'the launch digest', digest('--measurement'))
    .option('--policy <n>', 'the guest policy of the launch', parsePolicy)
    .option('--id-key-digest <hex>', 'SHA-384 of the ID key', digest('--id-key-digest'))
    .option('--author-key-digest <hex>', 'of the author key', digest('--author-key-digest'))
    .option('--report <file>', 'attestation report of a guest launched with it')
    .option(...JSON_OPTION)
    .action(async ({ idBlock: block, idAuth: auth, report, ...flags }: VerifyCommandFlags) => {
      using opened = new DisposableStack();
      const result = verifyIdFiles(flags, {
        idBlock: opened.use(await openSource(block)),
        idAuth: opened.use(await openSource(auth)),
        report: await openOptional(opened, report),
      });
      print(result, flags.json === true, () => renderIdVerification(result));
      if (!result.valid) process.exitCode = EXIT.doesNotConform;
    });
}

const MAX_SVN = 0xffff_ffff;

function digest(option: string) {
  return hexOption(option, LAUNCH_DIGEST_BYTES);
}

function id(option: string) {
  return hexOption(option, ID_BYTES);
}
