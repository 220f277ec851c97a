/**
 * `npm run verify`: looks at everything and changes nothing. Ends with 0 when every promise holds, 1 when one is
 * broken, 2 when it could not look. Beside a running `npm start` it needs no settings.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { Config } from '../config.ts';
import { present } from '../domain/present.ts';
import { configured } from '../operations/configured.ts';
import { createProvider } from '../providers/from-config.ts';
import { connectTemporal, type TemporalConnection } from '../temporal/client.ts';
import type { LedgerHead } from './ledger-chain.ts';
import { report, type Report } from './report.ts';
import { verify, type VerifyOptions } from './verify.ts';

const USAGE = 'npm run verify -- [--at-rest] [--merchant <id>]… [--head <merchant>=<hash>@<rows>]…';

function readArguments(): Pick<VerifyOptions, 'atRest' | 'merchants' | 'heads'> {
  const { values } = parseArgs({
    options: {
      'at-rest': { type: 'boolean', default: false },
      merchant: { type: 'string', multiple: true },
      head: { type: 'string', multiple: true },
    },
  });
  const heads = new Map((values.head ?? []).map(parseHead));
  return { atRest: values['at-rest'], heads, ...present({ merchants: values.merchant }) };
}

function parseHead(text: string): [string, LedgerHead] {
  const form = /^([a-z0-9][a-z0-9-]*)=([0-9a-f]{64}|)@(\d{1,15})$/.exec(text);
  if (form === null) throw new Error(`--head ${text}: it is printed as <merchant>=<hash>@<rows>`);
  const [, merchantId = '', hash = '', rows = ''] = form;
  return [merchantId, { hash, rows: Number(rows) }];
}

/** A server that is away leaves one check out, and the reason is printed. */
async function reach(settings: Config['temporal']): Promise<TemporalConnection | string> {
  const temporal = await connectTemporal({ ...settings, waitMs: 1_000 });
  try {
    await temporal.connection.withDeadline(Date.now() + 3_000, async () => temporal.connection.ensureConnected());
    return temporal;
  } catch {
    await temporal.connection.close();
    return `Temporal at ${settings.address} does not answer`;
  }
}

function codeOf({ worker }: Config) {
  return worker.workflowBundle === undefined
    ? { workflowsPath: path.resolve(import.meta.dirname, '../workflows/index.ts') }
    : { workflowBundle: { codePath: worker.workflowBundle } };
}

async function main(): Promise<Report> {
  const asked = readArguments();
  const config = configured();
  const provider = createProvider(config.provider);
  const temporal = await reach(config.temporal);
  // Replays speak of every worker that they start; what does not replay is in the report.
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging } });
  try {
    return report(
      await verify({
        ...asked,
        databaseUrl: config.databaseUrl,
        provider,
        temporal:
          typeof temporal === 'string'
            ? temporal
            : { client: temporal.client, taskQueue: config.taskQueue, code: codeOf(config) },
      }),
    );
  } finally {
    await provider.close();
    if (typeof temporal !== 'string') await temporal.connection.close();
  }
}

/** A native runtime that never had a worker would keep the process alive: it is ended, once all is written. */
function end(code: number, stream: NodeJS.WriteStream, text: string): void {
  stream.write(text, () => process.exit(code));
}

try {
  const { lines, violated } = await main();
  end(violated === 0 ? 0 : 1, process.stdout, `${lines.join('\n')}\n`);
} catch (error) {
  const why = error instanceof Error ? error.message || error.name : String(error);
  end(2, process.stderr, `verify could not look: ${why}\nIt is called as ${USAGE}\n`);
}
