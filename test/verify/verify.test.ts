/** `verify` on a day of a shop: nothing to say; and for each promise, what it says when somebody breaks it. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createProvider } from '../../providers/from-config.ts';
import type { Provider } from '../../providers/provider.ts';
import { call } from '../providers/builders.ts';
import { type Verdict, verdictSentences } from '../../verify/verdict.ts';
import { verify } from '../../verify/verify.ts';
import { brl, openShop, type Shop } from '../support/shop.ts';
import { aReadingOf, openUtility } from '../support/utility.ts';
import { workflowBundlePath } from '../support/temporal.ts';
import { eventually } from '../limits/until.ts';
import { keepRows } from './kept-rows.ts';
import { PLANTED } from './planted.ts';

describe('verify after a day of a shop', () => {
  let shop: Shop;
  let provider: Provider;
  let till: string;
  let kept: Awaited<ReturnType<typeof keepRows>>;
  beforeAll(async () => {
    shop = await openShop();
    provider = createProvider(shop.config.provider);
    till = await shop.openTill();
    await aDay();
    await eventually(async () => (await shop.violations('without its histories')).length === 0);
    kept = await keepRows(shop.databaseUrl);
  });
  afterAll(async () => {
    await kept?.close();
    await provider?.close();
    await shop?.close('a stranger has paid a stranger, and no night of reconciliation comes by');
  });

  /** Paid, changed, cancelled, replaced, queued, refused, too much, too little, twice and too late. */
  async function aDay(): Promise<void> {
    const paid = await shop.sold(till);
    await shop.change(paid, '22.90', '"0"');
    await shop.pay(paid);
    await shop.untilRequest(paid, 'paid');
    await shop.pay(paid, { how: 'again' });
    const cancelled = await shop.sold(till);
    await shop.sell(till);
    await shop.cancel(cancelled);
    await shop.pay(cancelled, { how: 'late' });
    await shop.untilRequest(cancelled, 'paid');
    const replaced = await shop.sold(till);
    const over = await shop.sold(till, { onBusy: 'replace' });
    expect(await shop.request(replaced)).toMatchObject({ status: 'cancelled' });
    await shop.pay(over, { how: 'wrong', amount: brl('30.00') });
    await shop.untilRequest(over, 'paid');
    const partial = await shop.sold(till);
    await shop.sell(till, { onBusy: 'queue', amount: brl('3.00') });
    await shop.pay(partial, { how: 'wrong', amount: brl('20.00') });
    await shop.untilRequest(partial, 'underpaid');
    await shop.openBill();
    const utility = openUtility(shop);
    for (const value of ['00040', '00000']) {
      const flat = await utility.supply();
      await shop.signalUsage(flat.paymentLinkId, { readings: [aReadingOf(flat, 1, value)] });
      await eventually(async () =>
        (await utility.bills(flat)).some(({ request, status }) => request === 'active' || status === 'held'),
      );
    }
    await utility.close();
  }

  const look = async (more: object = {}): Promise<readonly Verdict[]> =>
    verify({ databaseUrl: shop.databaseUrl, provider, atRest: true, ...more });

  const found = (verdicts: readonly Verdict[], wanted: string): readonly string[] =>
    verdicts.filter(({ invariant }) => invariant === wanted).flatMap(({ violations }) => violations);
  const temporal = (code: object = { workflowBundle: { codePath: workflowBundlePath() } }) => ({
    client: shop.client,
    taskQueue: shop.config.taskQueue,
    code,
  });

  it('has nothing to say, and says what it looked at', async () => {
    const verdicts = await look({ temporal: temporal() });
    expect(verdictSentences(verdicts)).toEqual([]);
    expect(new Set(verdicts.map(({ invariant }) => invariant)).size).toBe(13);
    expect(verdicts.find(({ invariant }) => invariant === 'I9')?.looked).toContain('explained share 100.000 %');
  });

  it('needs no more than the rights of relink_app and relink_router', async () => {
    const login = `verify_${shop.merchantId.slice(5)}`;
    await shop.rows(`create role ${login} login password 'x' in role relink_app, relink_router`);
    const url = new URL(shop.databaseUrl);
    [url.username, url.password] = [login, 'x'];
    const verdicts = await look({ databaseUrl: url.href });
    await shop.rows(`drop role ${login}`);
    expect(verdictSentences(verdicts)).toEqual([]);
    expect(verdicts).toEqual(await look());
  });

  describe('finds', () => {
    it.each(PLANTED)('$invariant: $what', async ({ invariant, says, sql, undo }) => {
      await kept.plant(sql);
      const verdicts = await look();
      await kept.takeBack(undo);
      expect(found(verdicts, invariant)).toContainEqual(expect.stringMatching(says));
    });

    it.each([
      [
        'linked',
        /linkRequest \(event \d+\) reported linked \(request \w+, command [\w-]+\), and the timeline has no row of it$/,
      ],
      ['updated', /updateRequest \(event \d+\) reported updated \(request/],
      ['paid', /settleRequest \(event \d+\) reported paid or underpaid \(request/],
      ['unlink', /cancelRequest \(event \d+\) reported unlink \(command/],
    ])('I12: a history that tells of %s, which Postgres has forgotten', async (what, says) => {
      await kept.plant(`delete from timeline where what = '${what}'`);
      const verdicts = await look({ temporal: temporal() });
      await kept.takeBack();
      expect(found(verdicts, 'I12')).toContainEqual(expect.stringMatching(says));
    });

    it('I12: histories that today’s code does not replay', async () => {
      const other = temporal({ workflowsPath: path.join(import.meta.dirname, 'other-workflow.ts') });
      expect(found(await look({ temporal: other }), 'I12')).toContainEqual(
        expect.stringMatching(/^payment-link:shop-\w+:till:\S+ does not replay: /),
      );
    });

    it('nothing any more once all of it is taken back', async () => {
      expect(verdictSentences(await look())).toEqual([]);
    });

    it('I1: money that the bank has and whose callback was lost, until it is booked', async () => {
      const [active] = await shop.rows<{ id: string }>(
        `select payment_request_id as id from payment_request where status = 'active'`,
      );
      await shop.control('faults', { callbacks: 'drop' });
      await shop.pay(active?.id ?? '');
      const verdicts = await look();
      expect(found(verdicts, 'I1')).toEqual([expect.stringMatching(/is at the provider and not in the ledger$/)]);
      expect(found(verdicts, 'I8')).toContainEqual(
        expect.stringMatching(/is active here and settled at the provider$/),
      );
      // A payment of this second is on its way to us, as far as anybody can tell.
      expect(found(await look({ atRest: false }), 'I1')).toEqual([]);
      await shop.reset();
      await shop.watch();
      await shop.untilRequest(active?.id ?? '', 'paid');
      await eventually(async () => verdictSentences(await look()).length === 0);
    });

    it('I1: money of a request that nobody here knows', async () => {
      const { providerLinkId } = await provider.openLink('till', call());
      const requestId = 'f'.repeat(32);
      const expiry = { is: 'within', seconds: 900 } as const;
      const charge = { amount: { minorUnits: '700', currency: 'BRL' as const }, reference: 'theirs', expiry };
      await provider.putRequest({ requestId, providerLinkId, kind: 'till', charge }, call());
      await shop.pay(requestId);
      expect(found(await look(), 'I1')).toEqual([
        expect.stringMatching(
          /^payment E\w+ over BRL 7\.00 is at the provider for request f{32}, which nobody here knows/,
        ),
      ]);
      expect(verdictSentences(await look({ atRest: false }))).toEqual([]);
    });
  });
});
