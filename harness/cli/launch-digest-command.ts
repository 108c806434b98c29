import { type Command, Option } from 'commander';
import { openSource } from '../host/file-source.ts';
import { cpuSignature } from '../sev/cpu-types.ts';
import { LAUNCH_DIGEST_BYTES } from '../sev/page-info.ts';
import { MAX_VCPUS } from '../sev/vcpu-pages.ts';
import { VMMS } from '../sev/vmsa.ts';
import { EXIT } from './exit-code.ts';
import type { ObservedDigest } from './explain-digest.ts';
import { hexOption } from './hex-option.ts';
import { launchDigestReport, renderLaunchDigest } from './launch-digest.ts';
import { LAUNCH_MODES, type LaunchFiles, type LaunchFlags } from './launch-request.ts';
import { numberOption, u64Option } from './number-option.ts';
import { openOptional } from './optional-source.ts';
import { print } from './output.ts';
import { tellHashing } from './tell-hashing.ts';

/** Largest variable store that an SVSM can leave room for. */
const MAX_VARS_BYTES = 0x400_0000;

type LaunchDigestFlags = LaunchFlags & {
  readonly firmware?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly svsm?: string;
  readonly vars?: string;
  readonly igvm?: string;
  readonly explain?: string;
  readonly json?: true;
};

/** Adds `cvm launch-digest`. */
export function addLaunchDigest(program: Command): void {
  const command = program
    .command('launch-digest')
    .description('the launch digest of an SEV, SEV-ES or SNP guest, from the files alone')
    .addOption(
      new Option('--mode <mode>', 'kind of guest').choices(LAUNCH_MODES).makeOptionMandatory(),
    )
    .option('--firmware <fd>', 'OVMF image')
    .option('--kernel <file>', 'a kernel or UKI that the firmware is given directly')
    .option('--initrd <file>', 'its initrd')
    .option('--cmdline <text>', 'its command line')
    .option('--ovmf-hash <hex>', 'digest after the pages of the firmware', ovmfHash)
    .option('--svsm <file>', 'SVSM image')
    .option('--igvm <file>', 'IGVM file, that holds firmware, SVSM and first states')
    .option('--explain <report|hex>', 'search for the inputs that give this digest')
    .option('--vars <fd>', 'variable store between SVSM and firmware')
    .option('--vars-size <n>', 'its size', numberOption('--vars-size', 0, MAX_VARS_BYTES))
    .option('--json', 'print one JSON document');
  addVcpuOptions(command).action(async (flags: LaunchDigestFlags) => {
    using opened = new DisposableStack();
    const files = await openLaunchFiles(opened, flags);
    tellHashing(Object.values(files).filter((file) => file !== undefined));
    if (flags.explain !== undefined) {
      await explain(flags, files, flags.explain);
      return;
    }
    const report = launchDigestReport(flags, files);
    print(report, flags.json === true, () => renderLaunchDigest(report));
  });
}

/** What only this needs is loaded here: it takes longer than the digest itself. */
async function explain(flags: LaunchDigestFlags, files: LaunchFiles, of: string): Promise<void> {
  const { explainReport, renderExplanation } = await import('./explain-digest.ts');
  const explanation = explainReport(flags, files, await observedDigest(of));
  print(explanation, flags.json === true, () => renderExplanation(explanation));
  if (explanation.matches.length === 0) process.exitCode = EXIT.doesNotConform;
}

async function openLaunchFiles(
  opened: DisposableStack,
  flags: LaunchDigestFlags,
): Promise<LaunchFiles> {
  return {
    firmware: await openOptional(opened, flags.firmware),
    kernel: await openOptional(opened, flags.kernel),
    initrd: await openOptional(opened, flags.initrd),
    svsm: await openOptional(opened, flags.svsm),
    vars: await openOptional(opened, flags.vars),
    igvm: await openOptional(opened, flags.igvm),
  };
}

/** Digits of a digest, or else a file with a report. */
async function observedDigest(text: string): Promise<ObservedDigest> {
  if (/^([0-9a-fA-F]{64}|[0-9a-fA-F]{96})$/.test(text)) return { digest: Buffer.from(text, 'hex') };
  const { openReport } = await import('./report-show.ts');
  using source = await openSource(text);
  const { measurement, cpuid } = openReport(source).report;
  // A stepping has four bits; a report that has more does not name a CPU.
  const isCpu = cpuid !== undefined && cpuid.stepping <= 0xf;
  return { digest: measurement, hostSignature: isCpu ? cpuSignature(cpuid) : undefined };
}

const ovmfHash = hexOption('--ovmf-hash', LAUNCH_DIGEST_BYTES);

/** Adds the options that say what vCPUs and VMM a launch has. */
export function addVcpuOptions(command: Command): Command {
  const features = new Option('--guest-features <n>', 'SEV_FEATURES of SNP; 1 is SNPActive alone')
    .argParser(u64Option('--guest-features'))
    .default(1n, '1');
  return command
    .option('--vcpus <n>', 'number of vCPUs', numberOption('--vcpus', 1, MAX_VCPUS), 1)
    .option('--vcpu-type <name>', "QEMU's name of the vCPUs, e.g. EPYC-Milan")
    .option('--vcpu-sig <n>', 'CPUID signature', numberOption('--vcpu-sig', 0, 0xffffffff))
    .option('--vcpu-family <n>', 'CPU family', numberOption('--vcpu-family', 0, 0x10e))
    .option('--vcpu-model <n>', 'CPU model', numberOption('--vcpu-model', 0, 0xff))
    .option('--vcpu-stepping <n>', 'CPU stepping', numberOption('--vcpu-stepping', 0, 0xf))
    .addOption(features)
    .addOption(new Option('--vmm <name>', 'who starts the guest').choices(VMMS).default('qemu'));
}
