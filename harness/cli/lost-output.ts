import { isForWantOfSpace, noRoomFor } from '../host/disk-space.ts';
import { endOf } from './exit-code.ts';

/**
 * Has a program fail in one line, and at its end, where its output cannot be written: a full disk is no success.
 * Whoever reads it may stop early; that is no error.
 *
 * @param program name that the line begins with
 */
export function tellLostOutput(program: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    const lost = isForWantOfSpace(error) ? noRoomFor('standard output') : error;
    const { exitCode, line } = endOf(lost);
    process.stderr.write(`${program}: ${line}\n`);
    // What the program ends with by itself is of an answer that nobody has.
    process.once('exit', () => {
      process.exitCode = exitCode;
    });
  });
  // There is nobody left to tell; the exit code says how the program ended.
  process.stderr.on('error', () => undefined);
}
