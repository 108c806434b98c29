/** Chaos: harnesses are killed and starved at random, and must leave nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { endOf } from '../harness/cli/exit-code.ts';
import { tellLostOutput } from '../harness/cli/lost-output.ts';
import { toolbox } from '../harness/cli/workspace.ts';
import { INTERRUPTED_EXIT_CODE, Interrupt } from '../harness/host/interrupt.ts';
import { chaosCampaign } from './chaos/campaign.ts';
import { firmwareMachine } from './chaos/machine.ts';
import { type ChaosOptions, readChaosOptions } from './chaos/options.ts';

tellLostOutput('chaos');

try {
  process.exitCode = await chaos(readChaosOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { exitCode, line } = endOf(error);
    process.stderr.write(`chaos: ${line}\n`);
    process.exitCode = exitCode;
  }
}

async function chaos(options: ChaosOptions): Promise<number> {
  const tools = toolbox();
  say(`seed ${options.seed}`);
  using interrupt = new Interrupt();
  const home = await mkdtemp(join(tmpdir(), 'cvm-disk-'));
  try {
    const machine = await firmwareMachine(join(home, 'empty.raw'));
    const context = { machine, tools, say, signal: interrupt.signal };
    const { runs, skipped, problems, ends } = await chaosCampaign(options, context);
    for (const line of ends) say(line);
    const unmade = skipped === 0 ? '' : `, ${skipped} skipped`;
    say(`${runs} runs${unmade}, ${problems} problems`);
    if (problems > 0) return 1;
    return interrupt.signal.aborted ? INTERRUPTED_EXIT_CODE : 0;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function say(text: string): void {
  process.stdout.write(`chaos: ${text}\n`);
}
