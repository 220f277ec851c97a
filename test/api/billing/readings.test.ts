/** Readings over HTTP without Temporal: each is stored once, whatever comes twice and in whatever order. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newReading, readingUpload } from '../../../api/billing/readings/reading-schemas.ts';
import { supply, wantedOf } from '../../support/supplied.ts';
import { createReadingDesk, reading } from './reading-desk.ts';
import { MERCHANT, startShop, type ApiShop } from '../shop-alone.ts';

describe('readings of meters', () => {
  let shop: ApiShop;
  let desk: ReturnType<typeof createReadingDesk>;
  beforeAll(async () => {
    shop = await startShop();
    desk = createReadingDesk(shop);
    await supply(shop, { merchantId: MERCHANT, accountId: 'A1', meterId: 'M1' });
    await supply(shop, { merchantId: MERCHANT, accountId: 'A2', meterId: 'M2', digits: 4, decimals: 1 });
  });
  afterAll(async () => {
    await shop.stop();
  });

  it('are stored from JSON, and their accounts are marked in the same breath', async () => {
    const device = desk.freshDevice();
    const before = await wantedOf(shop, 'A1');
    const one = reading(device, 1, { photoSha256: 'AB'.repeat(32) });
    const two = reading(device, 2, { corrects: { deviceId: device, sequence: 1 } });
    const answer = await desk.upload([newReading.parse(one), newReading.parse(two)]);
    expect(answer.status).toBe(200);
    expect(readingUpload.parse(answer.body)).toMatchObject({
      rows: { total: 2, stored: 2, repeat: 0, conflict: 0, refused: 0 },
      results: [
        { line: 1, result: 'stored' },
        { line: 2, result: 'stored' },
      ],
      gaps: [],
    });
    expect(await desk.storedOf(device)).toEqual([1, 2]);
    expect(await wantedOf(shop, 'A1')).toBe(before + 1);
  });

  it('are stored from CSV with columns in any order, with semicolons, quotes, a mark in front and blank lines', async () => {
    const device = desk.freshDevice();
    const header = 'kind;readAt;value;meterId;sequence;deviceId;correctsSequence;correctsDeviceId;photoSha256';
    const row = (sequence: number, more: string) =>
      `"actual";2026-11-05T09:00:00-03:00; 00120 ;M1;${sequence};${device};${more}\r\n`;
    const text = `\uFEFF${header}\r\n${row(1, `;;${'ab'.repeat(32)}`)}\r\n${row(2, `1;${device};`)}`;
    const answer = await desk.uploadCsv(text);
    expect(answer.body).toMatchObject({
      rows: { stored: 2 },
      results: [
        { line: 2, result: 'stored' },
        { line: 4, result: 'stored' },
      ],
    });
    const kept = await shop.rows(
      'select value, read_at, corrects_sequence from meter_reading where device_id = $1 order by 3 desc',
      [device],
    );
    const readAt = new Date('2026-11-05T12:00:00Z');
    expect(kept).toEqual([
      { value: '00120', read_at: readAt, corrects_sequence: null },
      { value: '00120', read_at: readAt, corrects_sequence: '1' },
    ]);
  });

  it('of a meter id that had two registers are taken where one of them has room', async () => {
    await supply(shop, { merchantId: MERCHANT, accountId: 'A3', meterId: 'M3' });
    await shop.rows(
      `update meter set removed_at = '2026-06-01T00:00:00Z', removed_value = '00100' where meter_id in ('M2', 'M3')`,
    );
    await shop.rows(
      `insert into meter (merchant_id, meter_id, account_id, digits, decimals, multiplier, installed_value,
       installed_at, actor)
       values ($1, 'M2', 'A3', 6, 0, '1', '0', '2026-06-01T00:00:00Z', 'test')`,
      [MERCHANT],
    );
    const device = desk.freshDevice();
    const at = (sequence: number, value: string, day: string) =>
      reading(device, sequence, { meterId: 'M2', value, readAt: `${day}T12:00:00Z` });
    const { body } = await desk.upload([
      at(1, '0120.5', '2026-05-05'),
      at(2, '000120', '2026-07-05'),
      at(3, '0000120', '2026-08-05'),
    ]);
    expect(body['rows']).toMatchObject({ stored: 2, refused: 1 });
    const rows = await desk.rowsOf(body['id']);
    expect(rows).toMatchObject([{ accountId: 'A2' }, { accountId: 'A3' }, { accountId: 'A3', result: 'refused' }]);
  });

  it('come twice under one key and are answered twice alike; other bytes under it are refused', async () => {
    const device = desk.freshDevice();
    const key = { 'idempotency-key': `key-of-${device}` };
    const readings = [reading(device, 1), reading(device, 2, { value: 'x' })];
    const first = await desk.upload(readings, key);
    const before = await desk.uploads();
    const again = await desk.upload(readings, key);
    expect(again.body).toEqual(first.body);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await desk.upload([reading(device, 3)], key)).toMatchObject({
      status: 422,
      body: { type: 'https://relink.dev/problems/idempotency-key-reuse' },
    });
    expect(await desk.uploads()).toBe(before);
    expect(await desk.storedOf(device)).toEqual([1]);
  });

  it('come at once under one key, and one of the calls stores them', async () => {
    const device = desk.freshDevice();
    const key = { 'idempotency-key': `key-of-${device}` };
    const readings = [1, 2, 3, 4, 5].map((sequence) => reading(device, sequence));
    const answers = await Promise.all(Array.from({ length: 3 }, async () => desk.upload(readings, key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  });

  it('come again under another key as repeats, which mark no account', async () => {
    const device = desk.freshDevice();
    const readings = [reading(device, 1), reading(device, 2)];
    const first = await desk.upload(readings);
    const before = await wantedOf(shop, 'A1');
    // The same instant, written elsewhere.
    const again = await desk.upload([{ ...readings[0], readAt: '2026-11-05T09:00:00.000-03:00' }, readings[1]]);
    expect(again.body['rows']).toMatchObject({ stored: 0, repeat: 2 });
    expect(await wantedOf(shop, 'A1')).toBe(before);
    expect(await desk.rowsOf(again.body['id'])).toMatchObject([
      { result: 'repeat', outcome: 'waiting' },
      { result: 'repeat', outcome: 'waiting' },
    ]);
    expect(first.body['id']).not.toBe(again.body['id']);
  });

  it('leave the same rows and no gap when they come shuffled, in overlapping halves', async () => {
    const device = desk.freshDevice();
    const all = Array.from({ length: 60 }, (_, index) => reading(device, index + 1));
    const mixed = all.toSorted((left, right) => ((left.sequence * 17) % 61) - ((right.sequence * 17) % 61));
    const answers = await Promise.all([desk.upload(mixed.slice(0, 40)), desk.upload(mixed.slice(20))]);
    const counted = answers.map(({ body }) => body['rows'] as { stored: number; repeat: number });
    expect(counted.reduce((sum, { stored }) => sum + stored, 0)).toBe(60);
    expect(counted.reduce((sum, { repeat }) => sum + repeat, 0)).toBe(20);
    expect(await desk.storedOf(device)).toEqual(all.map(({ sequence }) => sequence));
    expect((await desk.upload([all[0]])).body['gaps']).toEqual([]);
  });

  it('that claim one number are both kept, and the later one is in conflict', async () => {
    const device = desk.freshDevice();
    await desk.upload([reading(device, 1)]);
    const { body } = await desk.upload([reading(device, 1, { value: '00130' }), reading(device, 2)]);
    expect(body).toMatchObject({
      rows: { conflict: 1, stored: 1 },
      results: [{ result: 'conflict' }, { result: 'stored' }],
      gaps: [],
    });
    expect(await desk.storedOf(device)).toEqual([1, 1, 2]);
  });

  it('tell the numbers of their devices that never arrived, until they do', async () => {
    const [one, two] = [desk.freshDevice(), desk.freshDevice()];
    const first = await desk.upload([
      reading(one, 3),
      reading(one, 7),
      reading(two, 1),
      reading(two, 2, { value: 'x' }),
      reading(two, 3),
    ]);
    expect(first.body['gaps']).toEqual([
      { deviceId: one, from: 1, to: 2 },
      { deviceId: one, from: 4, to: 6 },
      { deviceId: two, from: 2, to: 2 },
    ]);
    const second = await desk.upload([reading(one, 1), reading(one, 2), reading(one, 5)]);
    expect(second.body['gaps']).toEqual([
      { deviceId: one, from: 4, to: 4 },
      { deviceId: one, from: 6, to: 6 },
    ]);
    const many = await desk.upload(Array.from({ length: 150 }, (_, index) => reading(desk.freshDevice(), index + 2)));
    expect(many.body['gaps']).toHaveLength(100);
  });
});
