/**
 * `npm start`: everything in one terminal, real Postgres, real Temporal, our worker and API, and a simulated bank. Each
 * thing that can be in the way either is got round or ends the start with one sentence that says what to do.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { present } from '../domain/present.ts';
import { renderSvg, renderTerminal } from '../printing/qr-images.ts';
import { openTill, sellCoffee, type TillLink } from './demonstration.ts';
import {
  readDevelopmentFile,
  writeDevelopmentFile,
  writeEnvFile,
  type DevelopmentFile,
} from '../operations/development-file.ts';
import { lock } from './lock.ts';
import { startProduct, type Product } from './product.ts';
import type { StopList } from './servers.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** RELINK_DATA lets two copies of one project, or a test, live beside each other. */
const dir = path.resolve(import.meta.dirname, '..', process.env['RELINK_DATA'] ?? '.relink');
const terminal = createTerminal();

const stops: StopList = [];
let stopping = false;
let stoppingSince = 0;
/** One Ctrl-C may arrive twice, from the terminal and from what runs us. */
const SAME_KEYSTROKE_MS = 500;

async function stopAll(exitCode: number, why?: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  stoppingSince = performance.now();
  if (why !== undefined) terminal.line(`\n${why}: stopping …`);
  for (const { name, stop } of stops.toReversed()) {
    try {
      await stop();
    } catch (error) {
      terminal.failure(`${name} did not stop cleanly: ${sentenceOf(error)}`);
    }
  }
  if (why !== undefined) terminal.line('Stopped. npm start brings it back with its data.');
  process.exit(exitCode);
}

function stopWhenAsked(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Asked twice: leave at once. The servers notice the closed pipe and stop by themselves.
      if (stopping && performance.now() - stoppingSince > SAME_KEYSTROKE_MS) process.exit(130);
      void stopAll(0, signal === 'SIGINT' ? 'Ctrl-C' : signal);
    });
  }
  // A terminal that is gone must not end the clean stop.
  process.stdout.on('error', () => undefined);
  // npm dies of a SIGTERM without passing it on; its child then gets another parent.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) void stopAll(0, 'The process that started this is gone');
  }, 500).unref();
}

async function main(): Promise<void> {
  stopWhenAsked();
  terminal.heading('Relink');
  const held = lock(dir);
  stops.push({ name: 'the lock', stop: () => held.release() });
  const product = await startProduct(dir, terminal, stops);
  void product.gone.then(async (why) => stopAll(1, why));
  const link = await terminal.step(
    'Opening a till link at the bank',
    async () => openTill(product),
    (opened) => `Till link ${opened.id}`,
  );
  writeFiles(product, link);
  terminal.heading('One sale as a demonstration');
  await sellCoffee(product, link, terminal);
  show(product, link, terminal);
}

function writeFiles(product: Product, link: TillLink): void {
  const utilityKey = readDevelopmentFile(dir)?.utilityKey;
  const { apiUrl, apiKey, merchantId, simulatorUrl, temporalAddress, temporalUiUrl, databaseUrl } = product;
  const development: DevelopmentFile = {
    apiUrl,
    apiKey,
    merchantId,
    ...present({ simulatorUrl }),
    temporalAddress,
    ...present({ temporalUiUrl }),
    databaseUrl,
    paymentLinkId: link.id,
    ...present({ utilityKey }),
  };
  writeDevelopmentFile(dir, development);
  writeEnvFile(dir, {
    RELINK_API: apiUrl,
    RELINK_KEY: apiKey,
    RELINK_LINK: link.id,
    RELINK_CODE: link.qr?.text,
    RELINK_BANK: simulatorUrl,
    RELINK_TEMPORAL: temporalAddress,
    RELINK_WORKFLOW: link.workflowId,
    RELINK_DATABASE: databaseUrl,
  });
}

/** A picture that a browser opens without a key. */
function writePrintedCode(text: string): void {
  writeFileSync(path.join(dir, 'printed-code.svg'), renderSvg(text));
}

const SELL_AGAIN = `  . ${inFolder('env')}; curl -sS -X POST "$RELINK_API/v1/payment-links/$RELINK_LINK/payment-requests" \\
    -H "Authorization: Bearer $RELINK_KEY" -H "Idempotency-Key: $(date +%s)" -H "Content-Type: application/json" \\
    -d '{"amount": {"currency": "BRL", "value": "7.50"}, "reference": "cart 2"}'`;

function show(product: Product, link: TillLink, to: Terminal): void {
  const { apiUrl, simulatorUrl, temporalUiUrl, temporalNamespace } = product;
  to.heading('Where everything is');
  const addresses: readonly (readonly [string, string | undefined])[] = [
    ['API', apiUrl],
    ['API docs', `${apiUrl}/docs`],
    ['Demo', simulatorUrl === undefined ? undefined : `${apiUrl}/demo`],
    ['Bills', `${apiUrl}/bills`],
    ['Agent (meter reader)', `${apiUrl}/agent`],
    ['Office', simulatorUrl === undefined ? undefined : `${apiUrl}/office`],
    ['Bank (simulated)', simulatorUrl === undefined ? undefined : `${simulatorUrl}/control`],
    [
      'Workflow in Temporal',
      temporalUiUrl &&
        `${temporalUiUrl}/namespaces/${temporalNamespace}/workflows/${encodeURIComponent(link.workflowId)}`,
    ],
    ['Printed code', link.qr?.text === undefined ? undefined : inFolder('printed-code.svg')],
    ['  the same by the API', link.qr?.svg],
    ['For scripts, shells', ['development.json', 'env'].map(inFolder).join(', ')],
  ];
  for (const [name, address] of addresses) if (address !== undefined) to.line(`  ${name.padEnd(22)}${address}`);
  if (link.qr?.text !== undefined) {
    writePrintedCode(link.qr.text);
    to.line(`\n${renderTerminal(link.qr.text)}`);
  }
  to.line(`Sell again on this code, for another amount:\n${SELL_AGAIN}\n`);
  to.line('Ctrl-C stops everything; npm start brings it back with its data.');
}

function inFolder(file: string): string {
  return path.relative(process.cwd(), path.join(dir, file));
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  await main();
} catch (error) {
  // Stopped while it was starting: what fails then has nothing to tell.
  if (!stopping) terminal.failure(sentenceOf(error));
  if (process.env['DEBUG'] !== undefined) terminal.line(error instanceof Error ? error.stack : '');
  await stopAll(1);
}
