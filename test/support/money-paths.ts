/** Ways through the workflows of exceptions and of returns, for recorded histories. Each answers the workflow's id. */
import { exceptionWorkflowId, returnWorkflowId } from '../../workflows/messages.ts';
import { MERCHANT, type Engine } from './engine.ts';
import { linked } from './link-paths.ts';
import { eventually } from '../limits/until.ts';

export interface MoneyPath {
  readonly name: string;
  readonly walk: (engine: Engine) => Promise<string>;
}

async function completed(engine: Engine, workflowId: string): Promise<string> {
  await eventually(async () => {
    const { status } = await engine.client.workflow.getHandle(workflowId).describe();
    return status.name === 'COMPLETED';
  });
  return workflowId;
}

/** The exception of a payment that fits nowhere, once there is one. */
async function exceptionOf(engine: Engine, requestId: string): Promise<string> {
  const find = async () =>
    engine.query<{ exception_id: string }>('select exception_id from exception where payment_request_id = $1', [
      requestId,
    ]);
  await eventually(async () => (await find()).length === 1);
  return (await find())[0]?.exception_id ?? '';
}

async function paidTwice(engine: Engine): Promise<string> {
  const link = await engine.openLink();
  const requestId = await linked(engine, link);
  for (const how of ['normal', 'again']) {
    await engine.control('pay', { paymentRequestId: requestId, how });
    await engine.signal(link, 'paid', { requestId });
    await eventually(async () => {
      const booked = await engine.query('select from ledger_transaction where payment_request_id = $1 and settles', [
        requestId,
      ]);
      return booked.length === (how === 'normal' ? 1 : 2);
    });
  }
  return requestId;
}

export const moneyPaths: readonly MoneyPath[] = [
  {
    name: 'exception-decided',
    async walk(engine) {
      const link = await engine.openLink();
      const requestId = await linked(engine, link);
      await engine.update(link, 'unlink', {});
      await engine.control('pay', { paymentRequestId: requestId, how: 'late' });
      await engine.signal(link, 'paid', { requestId });
      const workflowId = exceptionWorkflowId(MERCHANT, await exceptionOf(engine, requestId));
      const decide = async () =>
        engine.client.workflow
          .getHandle(workflowId)
          .executeUpdate('acceptAsIs', { args: [{ operator: 'ana', reason: 'seen at the till' }] });
      await eventually(async () =>
        decide().then(
          () => true,
          () => false,
        ),
      );
      return completed(engine, workflowId);
    },
  },
  {
    name: 'exception-by-policy',
    async walk(engine) {
      return completed(engine, exceptionWorkflowId(MERCHANT, await exceptionOf(engine, await paidTwice(engine))));
    },
  },
  {
    name: 'return-completed',
    async walk(engine) {
      await engine.control('behaviour', { returnMs: 1_500 });
      const requestId = await paidTwice(engine);
      const find = async () =>
        engine.query<{ return_id: string }>('select return_id from money_return where payment_request_id = $1', [
          requestId,
        ]);
      await eventually(async () => (await find()).length === 1);
      return completed(engine, returnWorkflowId(MERCHANT, (await find())[0]?.return_id ?? ''));
    },
  },
];
