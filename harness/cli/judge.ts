import { join } from 'node:path';
import { BOOT_JUDGES, type BootJudge } from '../../suites/measured-boot/boot-judges.ts';
import { byTpm, NEEDS_LOGS } from '../../suites/own-image/judge-own-boot.ts';
import { predictFromFiles } from '../../suites/predict-from-files.ts';
import { REQUIREMENTS } from '../../suites/requirements/index.ts';
import { FormatError, printable } from '../bytes/format-error.ts';
import { readJson } from '../bytes/json-text.ts';
import { DOSSIER_INDEX, type Dossier, type DossierIndex } from '../evidence/dossier.ts';
import { loggedDevicePath } from '../formats/logged-device-path.ts';
import { openDossierFolder } from '../guest/dossier-folder.ts';
import { openSource } from '../host/file-source.ts';
import { sha256OfFile } from '../host/sha256-of-file.ts';
import type { Finding, State } from '../judge/finding.ts';
import type { JudgedBoot } from '../judge/judge-twins.ts';
import { observeDossier } from '../judge/observe-tpm.ts';
import { Machine } from '../machine/machine.ts';
import { FILES_ALONE } from '../predict/platform.ts';
import { readPlatform } from '../predict/platform-file.ts';
import { filesToPredict } from '../vm/machine-files.ts';

/** What `cvm judge --json` prints. */
export type JudgeReport = {
  /** Each on one requirement; evidence is a file of the dossier. */
  readonly findings: readonly Finding[];
};

/**
 * Judges a boot again from its dossier and the files that it was made from. Requirements that compare
 * the boot with a twin are not among the findings; nor, where nobody could log in, are those that need the
 * guest's logs.
 *
 * @param directory the dossier's folder
 * @throws UsageError where it is no dossier, or a file that was booted is gone; FormatError where a
 *   file of either is not what it was
 */
export async function judgeReport(directory: string): Promise<JudgeReport> {
  const dossier = await openDossierFolder(directory);
  const boot = await judgedBoot(dossier, join(directory, DOSSIER_INDEX));
  const bySsh = dossier.has('pcrs');
  const judges = Object.entries<BootJudge>(BOOT_JUDGES).filter(
    ([id]) => bySsh || NEEDS_LOGS.every((one) => one !== id),
  );
  const findings = judges.flatMap(([requirement, judge]) =>
    (bySsh ? judge(boot) : judge(boot).map(byTpm)).map(
      ({ file, ...judgement }): Finding => ({
        requirement,
        machine: dossier.index.machine.name,
        ...judgement,
        evidence: file,
        reproduce: `scripts/cvm judge ${directory}`,
      }),
    ),
  );
  return { findings };
}

async function judgedBoot(dossier: Dossier, indexFile: string): Promise<JudgedBoot> {
  const place = { file: indexFile, offset: 0, what: 'a dossier with a machine description' };
  const text = JSON.stringify(dossier.index.machine);
  const machine = readJson(place, Buffer.from(text), Machine);
  const observation = observeDossier(dossier, loggedDevicePath);
  await checkInputs(machine, dossier.index, indexFile);
  const platform = dossier.has('platform') ? readPlatform(dossier.file('platform')) : FILES_ALONE;
  return { prediction: await predictFromFiles(machine, platform), observation };
}

/** A prediction from other files than were booted would judge nothing. */
async function checkInputs(
  machine: Machine,
  { inputs }: DossierIndex,
  indexFile: string,
): Promise<void> {
  for (const path of filesToPredict(machine)) {
    const input = inputs.find((one) => one.path === path);
    if (input === undefined) {
      const expected = `the SHA-256 of ${path} as it was booted`;
      throw new FormatError({ file: indexFile, offset: 0, expected, found: 'none' });
    }
    (await openSource(path))[Symbol.dispose](); // refuses what is gone or no regular file
    const sha256 = await sha256OfFile(path);
    if (sha256 === input.sha256) continue;
    throw new FormatError({
      file: path,
      offset: 0,
      expected: `the file that was booted, SHA-256 ${input.sha256}`,
      found: `SHA-256 ${sha256}`,
    });
  }
}

/** Whether all that must hold was judged and holds, and nothing that should was seen to fail. */
export function conforms({ findings }: JudgeReport): boolean {
  const holds = ({ requirement, state }: Finding) =>
    state === 'pass' || (state === 'not-tested' && !MUSTS.has(requirement));
  return findings.some(({ state }) => state === 'pass') && findings.every(holds);
}

const MUSTS = new Set<string>(
  REQUIREMENTS.filter(({ level }) => level === 'MUST').map(({ id }) => id),
);

/** The findings for people: a line each, and what was seen where it is no pass. */
export function renderJudge({ findings }: JudgeReport): string {
  return [...findings.flatMap(renderFinding), '', countedByState(findings)]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function countedByState(findings: readonly Finding[]): string {
  const count = (...states: readonly State[]) =>
    findings.filter(({ state }) => states.includes(state)).length;
  const untested = count('not-tested');
  const failed = findings.length - count('pass', 'not-tested');
  return [
    `${count('pass')} passed`,
    ...(failed > 0 || untested === 0 ? [`${failed} failed`] : []),
    ...(untested > 0 ? [`${untested} not tested`] : []),
  ].join(', ');
}

function renderFinding(finding: Finding): readonly string[] {
  const { requirement, state, sentence, expected, observed, evidence } = finding;
  const line = `${state.padEnd(10)}  ${requirement}  ${sentence}`;
  if (state === 'pass') return [line];
  return [
    line,
    `    expected  ${expected}`,
    `    observed  ${observed}`,
    `    evidence  ${evidence ?? 'none'}`,
  ];
}
