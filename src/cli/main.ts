/** The program's entry: the bundle starts here, and so do tests that run the sources. */
import { reportError } from './report-error.ts';
import { createProgram } from './program.ts';

const args = process.argv.slice(2);
quietOnClosedPipe(args[0] === 'up');
try {
  const program = await createProgram(args);
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  process.exitCode = reportError(error);
}

/**
 * `orchestrator status | head -1` closes our output early, which is no failure. A running orchestrator must not end because
 * whoever read its log went away.
 */
function quietOnClosedPipe(keepsRunning: boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!keepsRunning) process.exit();
    });
  }
}
