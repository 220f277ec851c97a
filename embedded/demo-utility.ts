/**
 * `npm run demo:utility`, beside a running `npm start`: the second story of the mission, from a bill that is printed
 * before anything is known to the payment of exactly what was used. It goes the way of a utility's own programs, over
 * HTTP, with the simulated bank as the payers' phones.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readDevelopmentFile, writeDevelopmentFile } from '../operations/development-file.ts';
import { ensureMerchant } from './merchant.ts';
import { createTerminal } from './terminal.ts';
import { openUtilityDesk, type HouseAccount, type UtilityDesk } from './utility-desk.ts';

const dir = path.resolve(import.meta.dirname, '..', process.env['RELINK_DATA'] ?? '.relink');
const terminal = createTerminal();

const UTILITY = {
  merchantId: 'aguas-claras',
  name: 'Aguas Claras',
  city: 'Campinas',
  timeZone: 'America/Sao_Paulo',
  currency: 'BRL',
} as const;

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

/** Of this run alone: the demonstration can be given again and again. */
const run = randomBytes(2).toString('hex').toUpperCase();
const HOUSES: readonly HouseAccount[] = ['Maria da Silva', 'Joao Pereira', 'Ana Souza', 'Bar do Ze', 'Casa vazia'].map(
  (holder, index) => ({
    accountId: `AC-${run}-${index + 1}`,
    holder,
    meterId: `M-${run}-${index + 1}`,
    installedAt: daysAgo(35),
  }),
);

async function main(): Promise<void> {
  const development = readDevelopmentFile(dir);
  if (development?.simulatorUrl === undefined) {
    throw new Error('There is no running system to show it on: npm start in another terminal, and then this again.');
  }
  const { apiUrl, simulatorUrl, databaseUrl } = development;
  const apiKey = await ensureMerchant(databaseUrl, UTILITY, development.utilityKey);
  writeDevelopmentFile(dir, { ...development, utilityKey: apiKey });
  const desk = openUtilityDesk({ apiUrl, apiKey, simulatorUrl });

  terminal.heading('Printed before the usage is known');
  await terminal.step(
    'Setting the tariff',
    async () => desk.putTariff(),
    () => 'Tariff water: 12.00 fixed, 0.50 a m³ up to 20, 1.20 above, 5 % tax',
  );
  const pdf = await terminal.step(
    'Printing a bill with a code for each house',
    async () => desk.print(`Demonstration ${run}`, HOUSES),
    (file) => `${HOUSES.length} bills with codes, ${Math.round(file.length / 1024)} KB of PDF`,
  );
  const file = path.join(dir, 'bills.pdf');
  writeFileSync(file, pdf);
  const [maria] = HOUSES;
  if (maria === undefined) throw new Error('there is no house');
  await terminal.step(
    'Maria finds the bill under her door and scans it',
    async () => desk.scan(maria.accountId),
    (seen) => `Maria scans her bill: ${seen}`,
  );

  terminal.heading('Read without a signal, uploaded later');
  await terminal.step(
    'The agent comes home, and the phone uploads what it has kept',
    async () => uploadFromTheRoad(desk),
    (told) => `Readings out of order, one of them twice: ${told}`,
  );
  const first = await showBill(desk, maria);
  await terminal.step(
    'The agent sees that a digit was wrong, and corrects it before Maria has paid',
    async () => desk.correct(maria, 1, '00037'),
    () => 'A correction before the payment changes the charge behind the same code',
  );
  await showBill(desk, maria, first);

  terminal.heading('Paid, and held');
  await terminal.step(
    'Maria scans again and pays',
    async () => desk.pay(maria.accountId),
    (paid) => `Maria pays ${paid}; the money is in the ledger, the code is free for the next bill`,
  );
  await terminal.step(
    'Looking at the house in which nobody lives',
    async () => desk.approveHeld(HOUSES.at(-1)?.accountId ?? ''),
    (sentence) => `${sentence} A person approves it, and its code can be paid`,
  );

  terminal.heading('Where to look');
  terminal.line(`  The bills               ${path.relative(process.cwd(), file)}`);
  terminal.line(`  The office              ${apiUrl}/bills`);
  terminal.line(`  The meter reader        ${apiUrl}/agent`);
  const { temporalUiUrl } = development;
  const query = encodeURIComponent(`MerchantId="${UTILITY.merchantId}"`);
  if (temporalUiUrl !== undefined)
    terminal.line(`  The workflows           ${temporalUiUrl}/namespaces/default/workflows?query=${query}`);
}

/** As a phone's memory may be sent: the last first, and one that was sent before and got no answer. */
async function uploadFromTheRoad(desk: UtilityDesk): Promise<string> {
  const values = ['00047', '00018', '00152', '00094', '00000'];
  const readings = HOUSES.map(({ meterId }, index) => ({
    deviceId: `phone-${run}`,
    sequence: index + 1,
    meterId,
    value: values[index] ?? '00000',
    readAt: daysAgo(2 - index / 100),
    kind: 'actual' as const,
  }));
  const [first] = readings;
  return desk.upload([...readings.toReversed(), ...(first === undefined ? [] : [first])]);
}

/** Answers its amount. `before`: another one is waited for. */
async function showBill(desk: UtilityDesk, house: HouseAccount, before?: string): Promise<string> {
  const bill = await terminal.step(
    `Waiting for the bill of ${house.holder}`,
    async () => desk.billOf(house.accountId, before),
    ({ amount }) => `${house.holder} scans the same bill and sees ${amount}, which is made of:`,
  );
  for (const line of bill.lines) terminal.line(`    ${line}`);
  return bill.amount;
}

try {
  await main();
} catch (error) {
  terminal.failure(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
