/**
 * One till link and one complete sale on it, over HTTP as a POS would do it, with the simulated bank as the payer. It
 * shows the way; it checks nothing that the tests do not check better.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { callShop, control, demand, type ShopAnswer, type ShopAccess } from './shop-call.ts';
import type { Terminal } from './terminal.ts';

/** For what hangs; a slow machine takes its time. */
const PATIENCE_MS = 120_000;

const tillLink = z.object({
  id: z.string(),
  status: z.string(),
  workflowId: z.string(),
  qr: z.object({ text: z.string(), svg: z.string() }).nullish(),
});
export type TillLink = z.infer<typeof tillLink>;
const sale = z.object({ id: z.string(), status: z.string(), because: z.string().nullish() });
type Sale = z.infer<typeof sale>;
const scanned = z.object({
  payable: z.boolean(),
  amount: z.object({ currency: z.string(), value: z.string() }).optional(),
  payee: z.string().optional(),
  sentence: z.string().optional(),
});

/** The same link at every start, because the idempotency key is the same; another one when somebody has retired it. */
export async function openTill(shop: ShopAccess): Promise<TillLink> {
  for (let number = 1; ; number += 1) {
    const answer = await callShop(shop, 'POST', '/v1/payment-links', {
      body: { kind: 'till', label: 'Till 1', reference: `npm-start-till-${number}` },
      key: `npm-start-till-${number}`,
    });
    const link = await untilOpen(shop, demand(tillLink, answer, 'open a link'));
    if (link.status !== 'retired') return link;
  }
}

async function untilOpen(shop: ShopAccess, opened: TillLink): Promise<TillLink> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const link = demand(tillLink, await callShop(shop, 'GET', `/v1/payment-links/${opened.id}`), 'read the link');
    if (link.qr !== undefined && link.status !== 'opening') return link;
    if (performance.now() > deadline)
      throw new Error('The bank did not open the link within two minutes: start again.');
    await pause(100);
  }
}

/** Answers whether a sale was made: a till with a sale on it is left as it is. */
export async function sellCoffee(shop: ShopAccess, link: TillLink, terminal: Terminal): Promise<boolean> {
  const amount = { currency: 'BRL', value: '24.90' };
  const { simulatorUrl } = shop;
  const text = link.qr?.text;
  if (simulatorUrl === undefined || text === undefined) return false;
  if (!['free', 'linked'].includes(link.status)) return skip(terminal, `the link is ${link.status}`);
  const order = { amount, reference: `demo-${Date.now()}`, description: 'Two coffees and a cake', expiresIn: 300 };
  const asked = await terminal.step(
    'The till asks for BRL 24.90 on its code',
    async () =>
      callShop(shop, 'POST', `/v1/payment-links/${link.id}/payment-requests`, { body: order, key: randomUUID() }),
    ({ status }) =>
      status === 409
        ? 'The till is busy with an earlier sale'
        : 'The till asks for BRL 24.90: payable on the printed code',
  );
  if (asked.status === 409) return skip(terminal, 'that sale stays on the code');
  const linked = demand(sale, asked, 'link a payment request');
  await terminal.step(
    'The payer scans the printed code',
    async () => control(simulatorUrl, 'scan', { text }),
    (seen) => `The payer scans the printed code and sees ${shown(seen)}`,
  );
  await terminal.step(
    'The payer pays',
    async () => {
      const paid = untilPaid(shop, linked.id);
      demand(z.unknown(), await control(simulatorUrl, 'pay', { text }), 'take the payment');
      return paid;
    },
    () => 'The payer pays; the till knows, the money is in the ledger',
  );
  return true;
}

function skip(terminal: Terminal, because: string): false {
  terminal.line(`  No sale as a demonstration: ${because}.`);
  return false;
}

async function untilPaid(shop: ShopAccess, requestId: string): Promise<Sale> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await callShop(shop, 'GET', `/v1/payment-requests/${requestId}`, { wait: 5 });
    const seen = demand(sale, answer, 'read the payment request');
    if (seen.status === 'paid') return seen;
    if (!['linking', 'active', 'processing'].includes(seen.status) || performance.now() > deadline) {
      throw new Error(
        `The sale is ${seen.status}${typeof seen.because !== 'string' ? '' : ` (${seen.because})`} instead of paid.`,
      );
    }
  }
}

function shown(answer: ShopAnswer): string {
  const { payable, amount, payee, sentence } = demand(scanned, answer, 'show the code to the payer');
  return payable ? `${amount?.currency} ${amount?.value} for ${payee}` : `nothing to pay: ${sentence}`;
}
