/** The worker process: configuration in, one JSON line when ready, drained at SIGTERM. */
import { createServer } from 'node:http';
import { demandConfig } from '../config.ts';
import { startWorker } from './worker.ts';

const config = demandConfig();
const { host, port, workflowBundle: bundlePath } = config.worker;
const worker = await startWorker(config, bundlePath === undefined ? {} : { bundlePath });

const health = createServer((request, response) => {
  void answer(request.url ?? '').then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
});

async function answer(url: string): Promise<{ status: number; body: object }> {
  if (url === '/healthz') return { status: 200, body: { status: 'ok' } };
  if (url !== '/readyz') return { status: 404, body: { status: 'not found' } };
  const problems = await worker.problems().catch((error: unknown) => [String(error)]);
  return {
    status: problems.length === 0 ? 200 : 503,
    body: { status: problems.length === 0 ? 'ready' : 'not ready', problems },
  };
}

if (port !== undefined) health.listen(port, host);
process.stdout.write(`${JSON.stringify({ worker: 'ready', taskQueue: config.taskQueue })}\n`);

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) process.exit(130);
    stopping = true;
    health.close();
    void worker.close().then(() => process.exit(0));
  });
}
worker.gone.catch((error: unknown) => {
  process.stderr.write(`the worker ended by itself: ${String(error)}\n`);
  process.exit(1);
});
