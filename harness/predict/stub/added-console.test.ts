import { expect, it } from 'vitest';
import { addedConsole } from './added-console.ts';

const pcrs = (version: number, commandLine: string | undefined) =>
  addedConsole({ release: `${version}`, version }, commandLine).unpredictable.map(({ pcr }) => pcr);

it.each(['quiet', '', undefined, 'myconsole=ttyS0', 'quiet\tconsole=ttyS0'])(
  'a stub from v261 on adds consoles to %j',
  (commandLine) => {
    expect(pcrs(260, commandLine)).toEqual([]);
    expect(pcrs(261, commandLine)).toEqual([9]);
  },
);

it.each(['console=ttyS0', 'quiet console=hvc0', 'quiet console='])(
  'and none to %j',
  (commandLine) => {
    expect(pcrs(262, commandLine)).toEqual([]);
  },
);
