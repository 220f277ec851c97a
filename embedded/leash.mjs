// Loaded before a child process of the tests or of a benchmark (`--import`): when its parent is gone, in whatever way,
// the child goes too. Plain JavaScript, because it runs before anything that could translate it.
import { isMainThread } from 'node:worker_threads';

// Threads inherit `--import`, and their own standard input is empty: it would close at once and take the process along.
if (isMainThread) {
  process.stdin.resume();
  process.stdin.on('error', () => undefined);
  process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL'));
}
