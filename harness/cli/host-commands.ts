import { type Command, Option } from 'commander';
import type { MachineFlags } from './machine-flags.ts';
import { withMachineOptions } from './machine-options.ts';

// Of the commands that work on this machine, what they need is loaded when they are called.

/** Adds `cvm doctor`. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what this host can do, what would be skipped and why, and how to get it')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { doctor } = await import('./doctor.ts');
      process.exitCode = await doctor({ json });
    });
}

/** Adds `cvm image`. */
export function addImage(program: Command): void {
  const image = program.command('image').description('the reference images');
  image
    .command('build')
    .description('builds reference images; what is built from the same inputs stays')
    .argument('[name...]', 'names of images; all of them where none is given')
    .option('--json', 'print one JSON document')
    .action(async (names: readonly string[], { json = false }: { readonly json?: boolean }) => {
      const { buildImages } = await import('./image.ts');
      await buildImages(names, { json });
    });
  image
    .command('list')
    .description('the reference images, and which of them are built')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const { listImages } = await import('./image.ts');
      await listImages({ json });
    });
}

type BootFlags = MachineFlags & {
  readonly disk?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly cmdline?: string;
};

/** Adds `cvm boot`. */
export function addBoot(program: Command): void {
  withMachineOptions(
    program
      .command('boot')
      .description('boots an image and prints the SSH line; Ctrl-C ends it and leaves nothing')
      .argument('[name]', 'a reference image')
      .addOption(new Option('--disk <img>', 'a raw disk image').conflicts('kernel'))
      .option('--kernel <file>', 'a kernel or UKI, given to the firmware directly')
      .option('--initrd <file>', 'its initrd')
      .option('--cmdline <text>', 'its command line'),
  ).action(async (name: string | undefined, flags: BootFlags) => {
    const { boot } = await import('./boot.ts');
    await boot({ name, ...flags });
  });
}
