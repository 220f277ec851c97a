/** Callbacks: what they say, that they come until they are accepted, and what faults make of them. */
import { eventually } from '../limits/until.ts';
import { describe, expect, it } from '@jest/globals';

import { requestId, startBank, startReceiver } from './bank.ts';

describe('a callback', () => {
  it('tells each change of status with the secret, in the published form', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url, callbackSecret: 'known to two' });
    const [paid, cancelled, expired] = [requestId(), requestId(), requestId()];
    for (const id of [paid, cancelled]) await bank.put(id);
    await bank.put(expired, undefined, { duration: 60 });
    const { endToEndId } = (await bank.control('/pay', { paymentRequestId: paid })).body;
    await bank.call('POST', `/payment-requests/${cancelled}/cancel`, { reason: 'x' });
    await bank.control('/clock', { advanceSeconds: 61 });
    await eventually(() => receiver.received.length >= 6);
    const told = receiver.received.map(({ event: { id, status, endToEndId: paidBy, additionalInformation } }) =>
      [id, status, paidBy, additionalInformation].join(' '),
    );
    expect(told.toSorted()).toEqual(
      [
        `${paid} ACTIVE  `,
        `${cancelled} ACTIVE  `,
        `${expired} ACTIVE  `,
        `${paid} SETTLED ${endToEndId} `,
        `${cancelled} CANCELLED  User Cancelled`,
        `${expired} EXPIRED  QR Code expired`,
      ].toSorted(),
    );
    for (const { authorization, event } of receiver.received) {
      expect(authorization).toBe('Bearer known to two');
      expect(event['occurredAt']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    }
  });

  it('comes for an expiry although nobody looks', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.put(requestId(), undefined, { duration: 1 });
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.statuses()).toEqual(['ACTIVE', 'EXPIRED']);
  });

  it('comes again until it is accepted, and holds up no other', async () => {
    const poison = requestId();
    const receiver = await startReceiver(({ event }, before) => (event.id === poison && before < 3 ? 500 : 204));
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.put(poison);
    await eventually(() => receiver.received.length >= 1);
    const other = requestId();
    await bank.put(other);
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.received.map(({ event }) => event.id)).toEqual([poison, other]);
    expect((await bank.control('/callbacks')).body).toMatchObject({ waiting: 1, delivered: 1 });
    await eventually(() => receiver.received.length >= 4);
    await eventually(async () => (await bank.control('/callbacks')).body.waiting === 0);
    expect(receiver.received.map(({ event }) => event.id)).toEqual([poison, other, poison, poison]);
    expect((await bank.control('/callbacks')).body).toMatchObject({ waiting: 0, delivered: 2 });
  });

  it.each([
    ['a redirect', 302],
    ['a refusal', 400],
  ])('is not accepted by %s', async (_named, status) => {
    const receiver = await startReceiver((_received, before) => (before === 0 ? status : 200));
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.put(requestId());
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.statuses()).toEqual(['ACTIVE', 'ACTIVE']);
  });

  it('is dropped, doubled or delayed on order, and comes as usual afterwards', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    const settle = async (fault: object): Promise<void> => {
      receiver.received.length = 0;
      const id = requestId();
      await bank.put(id);
      await eventually(() => receiver.received.length >= 1);
      await bank.control('/faults', fault);
      await bank.control('/pay', { paymentRequestId: id });
    };
    await settle({ callbacks: 'drop', times: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receiver.statuses()).toEqual(['ACTIVE']);
    await settle({ callbacks: 'duplicate', times: 1 });
    await eventually(() => receiver.received.length >= 3);
    expect(receiver.statuses()).toEqual(['ACTIVE', 'SETTLED', 'SETTLED']);
    await settle({ callbacks: 'delay', delayMs: 1_500, times: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(receiver.statuses()).toEqual(['ACTIVE']);
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.statuses()).toEqual(['ACTIVE', 'SETTLED']);
    await settle({ callbacks: 'deliver' });
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.statuses()).toEqual(['ACTIVE', 'SETTLED']);
  });

  it('is overtaken by the next one on order', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    const id = requestId();
    await bank.control('/faults', { callbacks: 'reorder', times: 1 });
    await bank.put(id);
    await bank.control('/pay', { paymentRequestId: id });
    await eventually(() => receiver.received.length >= 2);
    expect(receiver.statuses()).toEqual(['SETTLED', 'ACTIVE']);
  });

  it('that waits to be overtaken comes in the end when nothing follows', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.control('/faults', { callbacks: 'reorder', times: 1 });
    await bank.put(requestId());
    await eventually(() => receiver.received.length >= 1);
    expect(receiver.statuses()).toEqual(['ACTIVE']);
  });

  it('is sent again on order, as it is or stale', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url });
    await bank.control('/behaviour', { activeCallbacks: false });
    const id = requestId();
    await bank.put(id);
    const { endToEndId } = (await bank.control('/pay', { paymentRequestId: id })).body;
    await eventually(() => receiver.received.length >= 1);
    await bank.control('/callbacks', { paymentRequestId: id });
    await eventually(() => receiver.received.length >= 2);
    await bank.control('/callbacks', { paymentRequestId: id, status: 'EXPIRED' });
    await eventually(() => receiver.received.length >= 3);
    expect(receiver.received.map(({ event }) => [event.status, event['endToEndId']])).toEqual([
      ['SETTLED', endToEndId],
      ['SETTLED', endToEndId],
      ['EXPIRED', undefined],
    ]);
    expect((await bank.control('/callbacks', { paymentRequestId: requestId() })).status).toBe(404);
  });

  it('waits as long as the bank was told to', async () => {
    const receiver = await startReceiver();
    const bank = await startBank({ callbackUrl: receiver.url, callbackDelayMs: 200 });
    await bank.put(requestId());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(receiver.received).toEqual([]);
    await eventually(() => receiver.received.length >= 1);
    expect(receiver.statuses()).toEqual(['ACTIVE']);
  });
});
