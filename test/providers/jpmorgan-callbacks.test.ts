import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aProvider, creditor, SECRET } from './builders.ts';
import { createJpMorgan } from '../../providers/jpmorgan/provider.ts';

const jpmorgan = aProvider('http://bank.invalid');
afterAll(() => jpmorgan.close());

function parse(body: unknown): ReturnType<typeof jpmorgan.parseCallback> {
  return jpmorgan.parseCallback(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

describe('the sender of a callback', () => {
  const nothing = Buffer.from('');

  it.each([`Bearer ${SECRET}`, `bearer ${SECRET}`])('is known by the secret', (authorization) => {
    expect(jpmorgan.authenticateCallback({ authorization }, nothing)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    SECRET,
    `Basic ${SECRET}`,
    `Bearer ${SECRET}x`,
    `Bearer ${SECRET.slice(0, -1)}`,
    `Bearer ${SECRET.toUpperCase()}`,
    `Bearer ${SECRET} ${SECRET}`,
    'Bearer undefined',
  ])('is refused with %j', (authorization) => {
    expect(jpmorgan.authenticateCallback({ authorization }, nothing)).toBe(false);
  });

  it('can never be anybody: an empty secret is no configuration', () => {
    expect(() => createJpMorgan({ baseUrl: 'http://bank.invalid', creditor, callbackSecret: '' })).toThrow(/required/);
  });
});

describe('the body of a callback', () => {
  const id = 'f6764adb-364f-459e-b79c-ce3e817c17e0';
  const occurredAt = '2023-03-13T10:00:00';

  it.each([
    [
      { id, occurredAt, status: 'ACTIVE' },
      { requestId: id, status: 'active' },
    ],
    [
      { id, occurredAt, status: 'SETTLED', endToEndId: '3e33618d-0366-4b9e-afa3-bb84cf206d7d' },
      { requestId: id, status: 'settled', endToEndId: '3e33618d-0366-4b9e-afa3-bb84cf206d7d' },
    ],
    [
      { id, occurredAt, status: 'EXPIRED', additionalInformation: 'QR Code expired' },
      { requestId: id, status: 'expired' },
    ],
    [
      { id, occurredAt, status: 'CANCELLED', additionalInformation: 'User Cancelled' },
      { requestId: id, status: 'cancelled' },
    ],
    [
      { id, status: 'processing' },
      { requestId: id, status: 'processing' },
    ],
  ])('is read as the published sample %j', (sample, notice) => {
    expect(parse(sample)).toEqual([notice]);
  });

  it('is a notice also with a status or a payment id that we cannot read: the request is then read', () => {
    expect(parse({ id, status: 'SETTLED', endToEndId: 7 })).toEqual([{ requestId: id, status: 'settled' }]);
    expect(parse({ id, status: 'REVERSED' })).toEqual([{ requestId: id, status: 'unreadable' }]);
    expect(parse({ id })).toEqual([{ requestId: id, status: 'unreadable' }]);
  });

  it('may hold many, and a bad one costs only itself', () => {
    const events = [
      { id: 'a', status: 'SETTLED' },
      null,
      { status: 'SETTLED' },
      { id: 'b\u0000' },
      { id: 'c', status: 'EXPIRED' },
    ];
    const notices = [
      { requestId: 'a', status: 'settled' },
      { requestId: 'c', status: 'expired' },
    ];
    expect(parse(events)).toEqual(notices);
    expect(parse({ events })).toEqual(notices);
  });

  it.each(['', 'not json', '{"id":', 'null', '7', '[]', '{}', '{"events":{}}', '[[[]]]'])(
    'is nothing when it is %j',
    (body) => {
      expect(parse(body)).toEqual([]);
    },
  );

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (body) => {
          expect(Array.isArray(jpmorgan.parseCallback(body))).toBe(true);
        },
      ),
      { seed: 10 },
    );
  });
});
