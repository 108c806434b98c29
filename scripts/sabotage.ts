/** Sabotage: every requirement is shown systems that are wrong, and has to fail. */
import { CommanderError } from 'commander';
import { printable } from '../harness/bytes/format-error.ts';
import { prepare } from '../harness/cli/conformance.ts';
import { endOf } from '../harness/cli/exit-code.ts';
import { HostSession } from '../harness/cli/host-session.ts';
import { tellLostOutput } from '../harness/cli/lost-output.ts';
import { RunDirectory } from '../harness/host/run-directory.ts';
import { settleAll } from '../harness/host/settle.ts';
import { suitesFor } from '../suites/chapters.ts';
import { REQUIREMENTS } from '../suites/requirements/index.ts';
import { Bench } from '../suites/sabotage/bench.ts';
import { CATALOGUE } from '../suites/sabotage/catalogue.ts';
import { type Sabotage, trySabotage, type Verdict } from '../suites/sabotage/sabotage.ts';
import { readOptions, type SabotageOptions } from './sabotage/options.ts';

/** How boots are made. */
const FLAGS = { accel: 'auto', tools: 'toolbox', profile: 'emulated', seed: 1, flips: 1 } as const;

tellLostOutput('sabotage');

try {
  const options = readOptions(process.argv.slice(2));
  if (options.list) list(chosen(options));
  else process.exitCode = await sabotage(options);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { exitCode, line } = endOf(error);
    process.stderr.write(`sabotage: ${line}\n`);
    process.exitCode = exitCode;
  }
}

/** @returns exit code: 0 where every sabotage was caught, and there is one for every requirement */
async function sabotage(options: SabotageOptions): Promise<number> {
  const verdicts = await tryAll(options);
  const missing = options.requirement === undefined ? withoutSabotage(verdicts) : [];
  process.stdout.write(rendered(verdicts, missing));
  return missing.length === 0 && verdicts.every(({ isCaught }) => isCaught) ? 0 : 1;
}

async function tryAll(options: SabotageOptions): Promise<readonly Verdict[]> {
  const all = chosen(options);
  await using session = new HostSession();
  await using directory = await RunDirectory.create(session.reaper);
  const suites = suitesFor([], [...new Set(all.map(({ requirement }) => requirement))]);
  const { setting } = await prepare(FLAGS, suites, directory.path, session);
  await using bench = new Bench(setting, options.run);
  let done = 0;
  // Side by side, as far as the bench lets VMs in.
  return await settleAll(
    all.map(async (one) => {
      const verdict = await trySabotage(one, bench, session.signal);
      done += 1;
      session.step(`${done} of ${all.length}: ${one.requirement}: ${one.what}`);
      if (!verdict.isCaught) session.done(`not caught: ${one.requirement}: ${one.what}`);
      return verdict;
    }),
  );
}

function chosen({ requirement }: SabotageOptions): readonly Sabotage[] {
  return CATALOGUE.filter((one) => requirement?.includes(one.requirement) ?? true);
}

function list(all: readonly Sabotage[]): void {
  for (const { requirement, what, says } of all) {
    process.stdout.write(`${requirement}  ${what}: “${says}”\n`);
  }
}

/** Requirements that nothing has been seen to fail. */
function withoutSabotage(verdicts: readonly Verdict[]): readonly string[] {
  const failed = new Set(
    verdicts.filter(({ isCaught }) => isCaught).map(({ sabotage: { requirement } }) => requirement),
  );
  return REQUIREMENTS.map(({ id }) => id).filter((id) => !failed.has(id));
}

function rendered(verdicts: readonly Verdict[], missing: readonly string[]): string {
  const caught = verdicts.filter(({ isCaught }) => isCaught).length;
  const lines = [
    ...verdicts.flatMap(({ sabotage: { requirement, what }, isCaught, because }) => [
      `${isCaught ? '✓' : '✗'} ${requirement}  ${what}`,
      `      ${because}`,
    ]),
    '',
    `${caught} of ${verdicts.length} sabotages were caught`,
    ...(missing.length === 0
      ? []
      : [
          `nothing has been seen to fail, so that it counts as not implemented: ${missing.join(', ')}`,
        ]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
