/**
 * One return, from the request until the money has arrived at the payer or failed to. Its state is in Postgres; a
 * restarted workflow reads it. A failed return is handed to an exception.
 */
import { allHandlersFinished, condition, proxyActivities, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { MoneyActivities, ReturnProgress } from '../activities/money/money-activities.ts';
import type { MoneyAnswer } from '../domain/links/money-answers.ts';
import { nextReturnCheckSeconds } from '../domain/money/returnable.ts';
import { begun, look, type ReturnInput } from './messages.ts';

const run = proxyActivities<MoneyActivities>({
  startToCloseTimeout: '5s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** The most reads of one run; `watch` and the nightly reconciliation start another one. */
const MOST_CHECKS = 200;

export async function moneyReturn(input: ReturnInput): Promise<void> {
  let answer: MoneyAnswer | undefined;
  let looks = 0;
  const handle = async (): Promise<MoneyAnswer> => {
    await condition(() => answer !== undefined);
    return answer ?? { is: 'pending' };
  };
  setHandler(begun, handle, { description: 'Answers once the money is set aside, or refused.' });
  setHandler(look, () => void (looks += 1), { description: 'Look at the provider now.' });

  setCurrentDetails('Setting the money aside. Next: it is sent to its payer.');
  answer = await run.beginReturn.executeWithOptions({ summary: 'set the money aside' }, [input]);
  if (answer.is === 'returning')
    await follow(
      input,
      () => looks > 0,
      () => void (looks = 0),
    );
  else setCurrentDetails(`Nothing goes back: ${answer.is === 'refused' ? answer.because : answer.is}.`);
  await condition(allHandlersFinished);
}

async function follow(input: ReturnInput, poked: () => boolean, heard: () => void): Promise<void> {
  let progress = await run.sendReturn.executeWithOptions({ summary: 'pay it back through the provider' }, [input]);
  for (let checks = 0; checks < MOST_CHECKS && isUnderWay(progress); checks += 1) {
    setCurrentDetails(describe(progress));
    await condition(poked, `${nextReturnCheckSeconds(checks)}s`);
    heard();
    progress = await run.checkReturn.executeWithOptions({ summary: 'ask the provider what became of it' }, [input]);
  }
  // A return that was completed when this run began may have come back since, which is why the run was started.
  if (progress.status === 'completed' || progress.status === 'failed') {
    progress = await run.checkReturn.executeWithOptions({ summary: 'ask the provider once more' }, [input]);
  }
  setCurrentDetails(describe(progress));
}

function isUnderWay({ status }: ReturnProgress): boolean {
  return status === 'pending' || status === 'unknown';
}

function describe({ status, because }: ReturnProgress): string {
  const said = because === undefined ? '' : ` (${because})`;
  switch (status) {
    case 'pending':
      return `On its way at the provider${said}. Next: it arrives, or fails; then an exception owns the money.`;
    case 'unknown':
      return `Not known whether it left${said}. It is not sent again; an exception asks a person, and reads go on.`;
    case 'completed':
      return 'Arrived at its payer.';
    case 'failed':
      return `Failed${said}. An exception owns the money.`;
  }
}
