import { type Command, type FileAccess, type Tools, toolCommand } from '../host/tools.ts';
import { QEMU } from './qemu-arguments.ts';

/**
 * Calls prctl(PR_SET_THP_DISABLE), which programs inherit, and becomes the program that it is given (Linux,
 * include/uapi/linux/prctl.h; arch/x86/entry/syscalls/syscall_64.tbl). No tool of a distribution does, and
 * every Debian has Perl.
 */
const WITHOUT_HUGE_PAGES =
  'syscall(157, 41, 1, 0, 0, 0); exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n"';

/**
 * The command that starts QEMU. An emulated guest that boots gets its memory in small pages: of a huge one the
 * host would clear 2 MiB for the few bytes that a guest touches there, and a host that is a virtual machine
 * itself has to ask for each of them. Two boots side by side took 20.8 s, 3.5 s of them in the kernel, and
 * take 17.6 s and 1.1 s so. A guest that goes on from a snapshot, which fills its memory, takes a tenth longer
 * with them, and with KVM huge pages are what makes memory fast. QEMU of the host's `PATH` is started as it is.
 *
 * @param args QEMU's arguments
 * @throws UsageError where a file lies where the toolbox has its own
 */
export function qemuCommand(tools: Tools, args: readonly string[], access: FileAccess): Command {
  if (tools.kind === 'host' || !bootsEmulated(args)) return toolCommand(tools, QEMU, args, access);
  const perl = ['-e', WITHOUT_HUGE_PAGES, QEMU, ...args];
  return { ...toolCommand(tools, 'perl', perl, access), tool: QEMU };
}

function bootsEmulated(args: readonly string[]): boolean {
  const isEmulated = args[args.indexOf('-accel') + 1]?.startsWith('tcg') ?? false;
  return isEmulated && !args.includes('-incoming');
}
