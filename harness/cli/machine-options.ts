import { type Command, Option } from 'commander';

/** Adds the options of every command that runs a VM. */
export function withMachineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--accel <name>', 'what executes the guest: auto takes KVM where it works')
        .choices(['auto', 'tcg', 'kvm'])
        .default('auto'),
    )
    .addOption(
      new Option('--tools <where>', "QEMU and swtpm of the toolbox, or of the host's PATH")
        .choices(['toolbox', 'host'])
        .default('toolbox'),
    );
}
