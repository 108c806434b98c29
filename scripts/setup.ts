/** The part of scripts/setup that runs once Node.js is there: toolbox and firmware. */
import { $, ProcessOutput } from 'zx';
import { getFirmware } from './firmware.ts';
import { say } from './say.ts';
import { getToolbox } from './toolbox.ts';

$.verbose = false;

try {
  await getFirmware(await getToolbox());
} catch (error) {
  if (!(error instanceof ProcessOutput)) throw error;
  const lastLines = error.stderr.trim().split('\n').slice(-3).join('\n');
  say(`${lastLines}\nsetup: a tool failed with exit code ${error.exitCode}; see the lines above`);
  process.exitCode = 4;
}
