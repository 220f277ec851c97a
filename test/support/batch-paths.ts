/** The way through the workflow of a batch of bills, for recorded histories. It answers the workflow's id. */
import { billBatchWorkflowId } from '../../workflows/messages.ts';
import { MERCHANT, type Engine } from './engine.ts';
import type { MoneyPath } from './money-paths.ts';
import { eventually } from '../limits/until.ts';

const BATCH = 'b'.repeat(32);
const ACCOUNTS = 3;

async function insertBatch(engine: Engine): Promise<void> {
  await engine.query(
    `insert into bill_batch (batch_id, merchant_id, name, layout, payee, digest, idempotency_key, bytes, rows, actor)
     values ($1, $2, 'March', '{"kind": "a4", "level": "Q", "moduleMillimetres": 1.1, "pagesPerFile": 500}',
             'Padaria Aurora', '\\x00', 'march', 1, $3, 'key test')`,
    [BATCH, MERCHANT, ACCOUNTS],
  );
  await engine.query(
    `with account as (
       insert into service_account (merchant_id, account_id, holder, address, language, tariff_id, rules, actor)
       select $1, 'A-' || n, 'Ana', '["Rua 1"]', 'pt', 'residential', '{}', 'key test'
         from generate_series(1, $3::int) as n
       returning account_id)
     insert into bill_batch_row (merchant_id, batch_id, line, account_id, status)
     select $1, $2, 1 + row_number() over (order by account_id), account_id, 'waiting' from account`,
    [MERCHANT, BATCH, ACCOUNTS],
  );
}

export const batchPaths: readonly MoneyPath[] = [
  {
    name: 'bill-batch',
    async walk(engine) {
      await insertBatch(engine);
      await engine.messages.startBatch(MERCHANT, BATCH);
      const workflowId = billBatchWorkflowId(MERCHANT, BATCH);
      await eventually(async () => {
        const { status } = await engine.client.workflow.getHandle(workflowId).describe();
        return status.name === 'COMPLETED';
      });
      return workflowId;
    },
  },
];
