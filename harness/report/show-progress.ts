import { LiveProgress } from './live-progress.ts';
import { PlainProgress } from './plain-progress.ts';
import type { Progress } from './progress.ts';

/** Progress on a terminal that can redraw its lines, or in a log. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
  // A terminal made by a program may not say how wide it is.
  const canRedraw = stream.isTTY && stream.columns > 0 && process.env['TERM'] !== 'dumb';
  return canRedraw ? new LiveProgress(stream) : new PlainProgress(stream);
}
