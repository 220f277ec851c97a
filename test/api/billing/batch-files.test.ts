/**
 * The files of a batch over HTTP: the same bytes for ever, as much as is read, and nothing for a reader that has gone.
 */
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { createBatchFileHandlers } from '../../../api/billing/batches/batch-files.ts';
import type { Call } from '../../../api/http/call.ts';
import { Problem } from '../../../api/http/problems.ts';
import type { PrintedBill } from '../../../printing/printed-bill.ts';
import { renderBills } from '../../../printing/render-bills.ts';
import { createMerchant } from '../../../db/merchants.ts';
import { createPool } from '../../../db/pool.ts';
import { freshDatabase } from '../../support/database.ts';
import { eventually } from '../../limits/until.ts';
import { filesOf, printedBill, printedBills } from '../../../bench/samples/printed-bills.ts';
import type { batchRoutes } from '../../../api/billing/batches/batch-routes.ts';

const MERCHANT = 'aguas';
const BATCH = 'b'.repeat(32);
const BILLS = 3_000;
const ROWS_A_READ = 500;

describe('a file of a batch', () => {
  let owner: pg.Pool;
  let pool: pg.Pool;
  let server: Server;
  /** How often rows were read, and what the handler came to. */
  let transactions = 0;
  let ended: Promise<string> = Promise.resolve('');

  beforeAll(async () => {
    const url = await freshDatabase();
    owner = new pg.Pool({ connectionString: url, max: 2 });
    pool = createPool({ url, role: 'relink_app', applicationName: 'test', max: 4 });
    pool.on('acquire', () => (transactions += 1));
    await createMerchant(owner, { merchantId: MERCHANT, name: 'Águas', city: 'Rio', timeZone: 'UTC', currency: 'BRL' });
    await owner.query(
      `insert into bill_batch (batch_id, merchant_id, name, layout, payee, digest, idempotency_key, bytes, rows,
       status, actor)
       values ($1, $2, 'Lote', '{"kind": "a4", "level": "Q", "moduleMillimetres": 1.1, "pagesPerFile": 2900}',
      'Águas S.A.', '\\x00', 'k', 1, $3, 'finished', 'key')`,
      [BATCH, MERCHANT, BILLS],
    );
    const rows = Array.from(printedBills(BILLS), (bill) => JSON.stringify(bill));
    // Every other line was refused.
    await owner.query(
      `insert into bill_batch_row (merchant_id, batch_id, line, account_id, status, printed)
       select $1, $2, 2 * n, 'A', 'opened', printed::jsonb - 'payee'
         from unnest($3::text[]) with ordinality as p (printed, n)
       union all select $1, $2, 2 * n + 1, null, 'refused', null from generate_series(1, $4) as n`,
      [MERCHANT, BATCH, rows, BILLS],
    );
    const { drawBillBatchFile } = createBatchFileHandlers({ pool, logger: pino({ level: 'silent' }) });
    server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
      const number = incoming.url?.slice(1) ?? '';
      const call = { caller: { merchantId: MERCHANT, keyId: 'k' }, params: { batchId: BATCH, number }, response };
      ended = drawBillBatchFile(call as unknown as Call<(typeof batchRoutes)['drawBillBatchFile']>).then(
        () => 'streamed',
        (error: unknown) => {
          response.destroy();
          return error instanceof Problem ? error.problem : String(error);
        },
      );
    }).listen(0);
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await Promise.all([pool.end(), owner.end()]);
  });

  const address = (file: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`;
  const fetched = async (file: string): Promise<Buffer> =>
    Buffer.from(await (await fetch(address(file))).arrayBuffer());
  const begun = async (): Promise<IncomingMessage> => {
    const [answer] = (await once(request(address('1')).end(), 'response')) as [IncomingMessage];
    return answer;
  };

  it('holds its own bills under its own number, and is the same on every call', async () => {
    const answer = await fetch(address('2'));
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="bills-${BATCH}-2.pdf"`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const own: readonly PrintedBill[] = Array.from({ length: 100 }, (_, index) =>
      printedBill(2_901 + index, { payee: 'Águas S.A.' }),
    );
    const layout = { kind: 'a4', level: 'Q', pagesPerFile: 2_900, title: 'Lote' } as const;
    const [alone] = await filesOf(renderBills(own, layout, 2));
    expect(alone?.equals(bytes)).toBe(true);
    expect((await fetched('2')).equals(bytes)).toBe(true);
  });

  it('is read from Postgres no faster than its reader reads', async () => {
    const before = transactions;
    const answer = await begun();
    answer.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(transactions - before).toBeLessThan(BILLS / ROWS_A_READ);
    answer.destroy();
    expect(await ended).toBe('streamed');
  });

  it('is drawn no further for a reader that has gone away', async () => {
    const answer = await begun();
    await once(answer, 'data');
    answer.destroy();
    expect(await ended).toBe('streamed');
    const after = transactions;
    await eventually(() => pool.idleCount === pool.totalCount);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(transactions).toBe(after);
  });

  it('is not there under a number that it does not have', async () => {
    await fetch(address('3')).catch(() => undefined);
    expect(await ended).toBe('not-found');
  });

  it('is not drawn with a code that has changed', async () => {
    await owner.query(
      `update bill_batch_row set printed = jsonb_set(printed, '{printedCode}',
        to_jsonb(replace(printed->>'printedCode', 'AGUAS', 'LADRA')))
        where batch_id = $1 and line = 2 * 2901`,
      [BATCH],
    );
    await fetch(address('2')).catch(() => undefined);
    expect(await ended).toBe('printed-code-changed');
  });
});
