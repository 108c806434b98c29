/** A harness that launches a VM, says where, and waits to be killed. Its argument is what it is given, as JSON. */
import { Reaper } from '../../harness/host/reaper.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { launch } from '../../harness/vm/qemu.ts';

const { machine, context } = JSON.parse(process.argv[2] ?? '{}');
await using reaper = Reaper.start();
await using vm = await launch(Machine.parse(machine), { ...context, reaper });
process.stdout.write(`${vm.directory}\n`);
await vm.during(() => new Promise(() => undefined));
