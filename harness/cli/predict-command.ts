import type { Command } from 'commander';
import { type ForecastFlags, forecast, openBoot, withForecastOptions } from './forecast.ts';
import { print } from './output.ts';
import { renderPrediction } from './predict.ts';

type Flags = ForecastFlags & { readonly json?: true };

/** Adds `cvm predict`. */
export function addPredict(program: Command): void {
  withForecastOptions(
    program
      .command('predict')
      .description('every event and PCR value of a boot, from the files alone'),
  )
    .option('--json', 'print one JSON document')
    .action(async (flags: Flags) => {
      using files = new DisposableStack();
      const boot = await openBoot(flags, files);
      const prediction = await forecast(boot, flags);
      const { machine } = boot;
      const report = machine === undefined ? prediction : { ...prediction, machine };
      print(report, flags.json === true, () => renderPrediction(prediction));
    });
}
