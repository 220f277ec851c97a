/**
 * `npm run bench:bills`: 100,000 bills to PDF, read as fast as they come and thrown away, in one process. It says what
 * that took in time, processor time and memory, and how often the usual pair would have done the same: `qrcode` draws a
 * PNG, `pdfkit` puts it on a page. Fails when the aim of 120 processor seconds and 300 MB is missed. Then, unless
 * `--links 0`, how many codes a second a batch opens on the whole product, against starts of bare workflows.
 */
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import Pdf from 'pdfkit';
import QRCode from 'qrcode';
import type { BillLayout, PrintedBill } from '../printing/printed-bill.ts';
import { renderBills } from '../printing/render-bills.ts';
import { printedBills } from './samples/printed-bills.ts';

const AIM = { seconds: 120, megabytes: 300, bills: 100_000 } as const;
const COMPARED = 1_000;
const say = (words: string): void => void process.stdout.write(`${words}\n`);

interface Cost {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly bytes: number;
}

async function costOf(work: () => Promise<number>): Promise<Cost> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const bytes = await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - began) / 1_000, processorSeconds: (user + system) / 1e6, bytes };
}

async function ours(bills: Iterable<PrintedBill>, layout: BillLayout): Promise<number> {
  let bytes = 0;
  for await (const file of renderBills(bills, layout)) for await (const chunk of file.bytes) bytes += chunk.length;
  return bytes;
}

/**
 * What the first page of a search suggests: no quiet thought about modules, masks or memory, and fewer words on the
 * page.
 */
async function usualPair(bills: Iterable<PrintedBill>): Promise<number> {
  const document = new Pdf({ size: 'A4', autoFirstPage: false });
  let bytes = 0;
  document.on('data', (chunk: Buffer) => (bytes += chunk.length));
  for (const bill of bills) {
    const code = await QRCode.toBuffer(bill.printedCode, { errorCorrectionLevel: 'Q' });
    document.addPage();
    document.fontSize(22).text(bill.payee);
    document.fontSize(11).text([bill.account, ...bill.holder, bill.shortCode].join('\n'));
    document.image(code, { width: 200 });
  }
  document.end();
  await finished(document);
  return bytes;
}

function line(what: string, count: number, { seconds, processorSeconds, bytes }: Cost): void {
  const figures = [
    `${seconds.toFixed(1)} s`,
    `${processorSeconds.toFixed(1)} processor s`,
    `${((processorSeconds / count) * 1_000).toFixed(2)} ms a bill`,
    `${Math.round(bytes / count)} bytes a bill`,
  ];
  say(`${what}: ${figures.join(', ')}`);
}

const { values } = parseArgs({
  options: {
    bills: { type: 'string', default: `${AIM.bills}` },
    kind: { type: 'string', default: 'a4' },
    pages: { type: 'string', default: '500' },
    links: { type: 'string', default: '2000' },
  },
});
const count = Number(values.bills);
const kind = values.kind === 'stickers' ? 'stickers' : 'a4';
const layout: BillLayout = { kind, level: 'Q', title: 'Benchmark', pagesPerFile: Number(values.pages) };

say(`${count} bills, ${kind}, level Q, ${layout.pagesPerFile} pages a file, Node ${process.versions.node}`);
const cost = await costOf(() => ours(printedBills(count), layout));
const megabytes = process.resourceUsage().maxRSS / 1_024;
line('Relink', count, cost);
say(`peak memory of the process: ${megabytes.toFixed(0)} MB`);
const making = await costOf(async () => Promise.resolve(Array.from(printedBills(COMPARED)).length));
say(`of it for making up the bills: ${((making.processorSeconds / COMPARED) * 1_000).toFixed(2)} ms a bill`);
const pair = await costOf(() => usualPair(printedBills(COMPARED)));
line(`the usual pair, ${COMPARED} bills`, COMPARED, pair);
const scale = count / COMPARED;
const ratio = (pair.processorSeconds * scale) / cost.processorSeconds;
say(`the usual pair, ${count} bills, extrapolated: ${(pair.processorSeconds * scale).toFixed(0)} processor s`);
say(`the usual pair takes ${ratio.toFixed(1)} times the processor time`);

const allowed = AIM.seconds * Math.max(1, count / AIM.bills);
if (cost.processorSeconds > allowed || megabytes > AIM.megabytes) {
  say(`missed: the aim is ${allowed} processor s and ${AIM.megabytes} MB`);
  process.exitCode = 1;
}

const accounts = Number(values.links);
if (accounts > 0) {
  // Loaded only now: its libraries are no part of the memory above.
  const { measureLinks } = await import('./batch-links.ts');
  const { batch, bare } = await measureLinks(accounts);
  const told = (paces: readonly number[]): string => paces.map((pace) => pace.toFixed(0)).join(', ');
  say(`a batch of ${accounts} accounts, upload to last code: ${told(batch)} links a second`);
  say(`starts of bare workflows, ${accounts}, on the same server: ${told(bare)} a second`);
}
