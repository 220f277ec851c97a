/** The API process: configuration in, one JSON line when ready, drained at SIGTERM. */
import { demandConfig } from '../config.ts';
import { startApi } from './server.ts';

const config = demandConfig();
const { killAt } = config.test;
const api = await startApi(config, {
  // Test only: as hard as a power cut.
  crash: (step) => {
    if (step === killAt) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(`${JSON.stringify({ api: 'ready', url: api.url, port: api.port })}\n`);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(130);
    stopping = true;
    void api.close().then(() => process.exit(0));
  });
}
