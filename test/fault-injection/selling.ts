/**
 * A POS that does not give up: the key of a sale is repeated until there is an answer that decides; then the payer
 * pays.
 */
import { randomUUID } from 'node:crypto';
import type { KeptAnswer } from './records.ts';
import { idIn, type ProductShop } from './shop.ts';
import { until } from './waiting.ts';

export async function sellAndPay(shop: ProductShop, till: string): Promise<string> {
  const key = randomUUID();
  let answer: KeptAnswer | undefined;
  await until(
    () => `sale ${key} on ${till} is answered (last: ${JSON.stringify(answer)})`,
    async () => {
      answer = await shop.sell(till, {}, key);
      return answer.status < 500;
    },
    300,
  );
  if (answer === undefined || answer.status > 299) throw new Error(`${key}: ${JSON.stringify(answer)}`);
  const sale = idIn(answer);
  await shop.untilRequest(sale, 'active');
  await shop.pay(sale);
  await shop.untilRequest(sale, 'paid');
  await shop.untilFree(till);
  return sale;
}
