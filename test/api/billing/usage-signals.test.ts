/** Links are told of usage after the answer, some at a time; whatever is not told stays marked for `watch`. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createUsageSignals } from '../../../api/billing/readings/usage-signals.ts';
import { supply, wantedOf } from '../../support/supplied.ts';
import { eventually } from '../../limits/until.ts';
import { createReadingDesk, reading } from './reading-desk.ts';
import { MERCHANT, startShop, type SentMessage, type ApiShop } from '../shop-alone.ts';

const LINKS = 30;

describe('the links of an upload', () => {
  let shop: ApiShop;
  let desk: ReturnType<typeof createReadingDesk>;
  const links: string[] = [];
  beforeAll(async () => {
    shop = await startShop();
    desk = createReadingDesk(shop);
    for (let number = 1; number <= LINKS; number += 1) {
      const paymentLinkId = await shop.till();
      links.push(paymentLinkId);
      await supply(shop, { merchantId: MERCHANT, accountId: `A${number}`, meterId: `A${number}`, paymentLinkId });
    }
    await supply(shop, { merchantId: MERCHANT, accountId: 'unprinted', meterId: 'unprinted' });
  });
  afterAll(async () => {
    await shop.stop();
  });
  beforeEach(() => {
    shop.sent.splice(0);
    shop.signals(undefined);
  });

  const signalled = (): readonly SentMessage[] => shop.sent.filter(({ name }) => name === 'usage');
  const everyMeter = () => {
    const device = desk.freshDevice();
    const meters = [...links.map((_, index) => `A${index + 1}`), 'unprinted'];
    return meters.map((meterId, index) => reading(device, index + 1, { meterId }));
  };

  it('are told once each, an empty message, at most twenty at a time', async () => {
    let underWay = 0;
    let most = 0;
    shop.signals(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
    });
    await desk.upload(everyMeter());
    await eventually(async () => signalled().length >= LINKS);
    const told = signalled().map(({ link }) => link.paymentLinkId);
    expect(told).toHaveLength(LINKS);
    expect(new Set(told)).toEqual(new Set(links));
    expect(signalled()[0]).toMatchObject({ how: 'signal', message: {}, link: { merchantId: MERCHANT, kind: 'bill' } });
    expect(most).toBe(20);
  });

  it('need not be heard: the answer stands, each is tried once, and all stay marked', async () => {
    shop.signals(async () => Promise.reject(new Error('Temporal is away')));
    expect((await desk.upload(everyMeter())).body['rows']).toMatchObject({ stored: LINKS + 1 });
    await eventually(async () => signalled().length >= LINKS);
    expect(signalled()).toHaveLength(LINKS);
    expect(await wantedOf(shop, 'A1')).toBeGreaterThan(0);
  });

  it('are left to watch when the process ends: no more are told than were under way', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => void (release = resolve));
    let told = 0;
    const signal = async (): Promise<void> => {
      told += 1;
      await gate;
    };
    const usage = createUsageSignals({ pool: shop.owner, sender: { signal }, logger: pino({ level: 'silent' }) });
    usage.tell(MERCHANT, { accounts: links.map((_, index) => `A${index + 1}`) });
    await eventually(async () => told === 20);
    const closed = usage.close();
    release();
    await closed;
    expect(told).toBe(20);
  });
});
