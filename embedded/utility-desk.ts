/** What a utility's own programs call, and what its customers' phones show: for the demonstration. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { callShop, control, demand, type ShopAccess } from './shop-call.ts';

export interface HouseAccount {
  readonly accountId: string;
  readonly holder: string;
  readonly meterId: string;
  readonly installedAt: string;
}

interface HouseReading {
  readonly deviceId: string;
  readonly sequence: number;
  readonly meterId: string;
  readonly value: string;
  readonly readAt: string;
  readonly kind: 'actual';
  readonly corrects?: { readonly deviceId: string; readonly sequence: number };
}

const amount = z.object({ currency: z.string(), value: z.string() });
const batch = z.object({
  id: z.string(),
  status: z.string(),
  because: z.string().optional(),
  files: z.array(z.object({ url: z.string() })),
});
const account = z.object({
  paymentLinkId: z.string().nullable(),
  bill: z.object({ id: z.string(), status: z.string() }).nullable(),
});
const link = z.object({ qr: z.object({ text: z.string() }).nullish() });
const bill = z.object({
  status: z.string(),
  request: z.string().nullable(),
  total: amount,
  lines: z.array(z.object({ text: z.string() })),
  exceptionId: z.string().optional(),
});
const uploaded = z.object({ rows: z.object({ stored: z.number(), repeat: z.number(), refused: z.number() }) });
const scanned = z.object({ payable: z.boolean(), amount: amount.optional(), sentence: z.string().optional() });
const exception = z.object({ sentence: z.string() });

const PATIENCE_MS = 300_000;

export type UtilityDesk = ReturnType<typeof openUtilityDesk>;

export function openUtilityDesk(shop: ShopAccess & { readonly simulatorUrl: string }) {
  const readings = new Map<string, HouseReading>();

  async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > deadline) throw new Error(`${what} did not happen within five minutes.`);
      await pause(200);
    }
  }

  const readAccount = async (accountId: string) =>
    demand(account, await callShop(shop, 'GET', `/v1/service-accounts/${accountId}`), 'read the account');

  async function codeOf(accountId: string): Promise<string> {
    const { paymentLinkId } = await readAccount(accountId);
    const found = demand(link, await callShop(shop, 'GET', `/v1/payment-links/${paymentLinkId}`), 'read the link');
    if (found.qr?.text === undefined) throw new Error(`Account ${accountId} has no code.`);
    return found.qr.text;
  }

  async function seen(accountId: string) {
    const text = await codeOf(accountId);
    return demand(scanned, await control(shop.simulatorUrl, 'scan', { text }), 'scan the code');
  }

  const sentence = ({ payable, amount: asked, sentence: said }: z.infer<typeof scanned>): string =>
    payable ? `${asked?.currency} ${asked?.value}` : (said ?? 'nothing to pay');

  async function newestBill(accountId: string) {
    const { bill: newest } = await readAccount(accountId);
    if (newest === null) return undefined;
    return demand(bill, await callShop(shop, 'GET', `/v1/bills/${newest.id}`), 'read the bill');
  }

  async function upload(all: readonly HouseReading[]): Promise<string> {
    for (const reading of all) readings.set(`${reading.meterId} ${reading.sequence}`, reading);
    const answer = await callShop(shop, 'POST', '/v1/meter-readings', { body: { readings: all }, key: randomUUID() });
    const { rows } = demand(uploaded, answer, 'upload the readings');
    return `${rows.stored} stored, ${rows.repeat} here before, ${rows.refused} refused`;
  }

  return {
    upload,
    scan: async (accountId: string): Promise<string> => sentence(await seen(accountId)),

    async putTariff(): Promise<void> {
      const brl = (value: string) => ({ currency: 'BRL', value });
      const body = {
        effectiveFrom: '2026-01-01',
        unit: 'm³',
        currency: 'BRL',
        fixed: brl('12.00'),
        tiers: { mode: 'step', list: [{ upTo: '20', price: '0.50' }, { price: '1.20' }] },
        taxes: [{ name: 'ICMS', rate: '5', base: 'all' }],
        rounding: { when: 'each line', rule: 'half-up' },
      };
      demand(z.unknown(), await callShop(shop, 'PUT', '/v1/tariffs/water/versions/1', { body }), 'set the tariff');
    },

    /** Answers the PDF. */
    async print(name: string, accounts: readonly HouseAccount[]): Promise<Buffer> {
      const header = 'account,holder,address,language,meter,digits,installedValue,installedAt';
      const lines = accounts.map(({ accountId, holder, meterId, installedAt }, index) =>
        [accountId, holder, `Rua das Flores ${index + 1}|Campinas`, 'pt', meterId, 5, '00000', installedAt].join(','),
      );
      const query = new URLSearchParams({ name, kind: 'a4', tariffId: 'water', dueInDays: '10' });
      const csv = [header, ...lines, ''].join('\n');
      const asked = await callShop(shop, 'POST', `/v1/bill-batches?${query.toString()}`, { csv, key: randomUUID() });
      const { id } = demand(batch, asked, 'print the bills');
      const [file] = await until('The printing', async () => {
        const now = demand(batch, await callShop(shop, 'GET', `/v1/bill-batches/${id}`), 'read the batch');
        if (now.status === 'failed') throw new Error(`The batch has failed: ${now.because ?? ''}`);
        return now.status === 'finished' ? now.files : undefined;
      });
      if (file === undefined) throw new Error('The batch has no file: see its rows.');
      const pdf = await fetch(new URL(file.url, shop.apiUrl), { headers: { Authorization: `Bearer ${shop.apiKey}` } });
      if (!pdf.ok) throw new Error(`The file of the batch was answered with ${pdf.status}.`);
      return Buffer.from(await pdf.arrayBuffer());
    },

    /** Once the code asks for it, and for another amount than before. */
    async billOf(accountId: string, before?: string) {
      return until(`The bill of ${accountId}`, async () => {
        const [found, shown] = [await newestBill(accountId), await seen(accountId)];
        const total = `${found?.total.currency} ${found?.total.value}`;
        if (found === undefined || sentence(shown) !== total || total === before) return undefined;
        return { amount: total, lines: found.lines.map(({ text }) => text) };
      });
    },

    async correct({ meterId }: HouseAccount, sequence: number, value: string): Promise<void> {
      const wrong = readings.get(`${meterId} ${sequence}`);
      if (wrong === undefined) throw new Error('there is no such reading');
      const { deviceId } = wrong;
      await upload([{ ...wrong, value, sequence: 100 + sequence, corrects: { deviceId, sequence } }]);
    },

    async pay(accountId: string): Promise<string> {
      const shown = await seen(accountId);
      const text = await codeOf(accountId);
      demand(z.unknown(), await control(shop.simulatorUrl, 'pay', { text }), 'take the payment');
      await until('The payment', async () => ((await newestBill(accountId))?.request === 'paid' ? true : undefined));
      return sentence(shown);
    },

    /** Answers why it was held, once it has been approved and can be paid. */
    async approveHeld(accountId: string): Promise<string> {
      const exceptionId = await until('The hold', async () => (await newestBill(accountId))?.exceptionId);
      const held = demand(
        exception,
        await callShop(shop, 'GET', `/v1/exceptions/${exceptionId}`),
        'read the exception',
      );
      const body = {
        decision: 'approve',
        operator: 'demonstration',
        reason: 'the house is empty: the fixed charge is due',
      };
      const approved = await callShop(shop, 'POST', `/v1/exceptions/${exceptionId}/resolve`, {
        body,
        key: randomUUID(),
      });
      demand(z.unknown(), approved, 'approve the bill');
      await until('The approved bill', async () => ((await seen(accountId)).payable ? true : undefined));
      return held.sentence;
    },
  };
}
