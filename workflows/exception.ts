/**
 * One exception, from its opening until none of its money is left: its policy, its deadline, and decisions of people as
 * Updates. The state is in Postgres; each step begins by reading it.
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  currentUpdateInfo,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  uuid4,
  type defineUpdate,
} from '@temporalio/workflow';
import type { MoneyActivities } from '../activities/money/money-activities.ts';
import { describeException, nextStep, type Decision, type DecisionName } from '../domain/money/exception.ts';
import { parseDecision } from '../domain/money/exception-messages.ts';
import type { MoneyAnswer } from '../domain/links/money-answers.ts';
import { refusalSentence } from '../domain/message-fields.ts';
import { decisions, look, type ExceptionInput } from './messages.ts';

const run = proxyActivities<MoneyActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
});

type AnyUpdate = ReturnType<typeof defineUpdate<MoneyAnswer, [unknown?]>>;

export async function exception(input: ExceptionInput): Promise<void> {
  const asked: Decision[] = [];
  const answers = new Map<string, MoneyAnswer>();
  let looked = false;
  // All handlers are registered before the first await.
  for (const name of Object.keys(decisions) as DecisionName[]) {
    const handle = async (message?: unknown): Promise<MoneyAnswer> => {
      const decision = read(name, message, currentUpdateInfo()?.id ?? uuid4());
      asked.push(decision);
      await condition(() => answers.has(decision.commandId));
      return answers.get(decision.commandId) ?? { is: 'pending' };
    };
    const validator = (message?: unknown): void => void read(name, message, 'none');
    setHandler(decisions[name] as AnyUpdate, handle, { description: DESCRIPTIONS[name], validator });
  }
  setHandler(look, () => void (looked = true), {
    description: 'Look at the row again: it may have been decided elsewhere.',
  });

  for (;;) {
    // Reset before the read, so that a signal during the read triggers another one.
    looked = false;
    const decision = asked.shift();
    if (decision !== undefined) answers.set(decision.commandId, await decide(input, decision));
    const stored = await run.loadException.executeWithOptions({ summary: 'remember the exception from Postgres' }, [
      input,
    ]);
    if (stored === null) break;
    setCurrentDetails(describeException(stored));
    const step = nextStep(stored, Date.now());
    if (step.is === 'end' && asked.length === 0) break;
    switch (step.is) {
      case 'decide':
        await decide(input, step.decision);
        break;
      case 'escalate':
        await run.escalateException.executeWithOptions({ summary: 'its deadline has passed' }, [input]);
        break;
      case 'wait':
        await waitFor(() => asked.length > 0 || looked, step.until);
        break;
      case 'end': // Somebody has asked meanwhile, and is answered first.
        break;
    }
  }
  for (const { commandId } of asked) answers.set(commandId, { is: 'refused', because: 'not-found' });
  await condition(allHandlersFinished);
}

async function decide(input: ExceptionInput, decision: Decision): Promise<MoneyAnswer> {
  const summary = `${decision.decision} by ${decision.operator}`.slice(0, 200);
  return run.decideException.executeWithOptions({ summary }, [{ exception: input, decision }]);
}

async function waitFor(something: () => boolean, until: number | undefined): Promise<void> {
  if (until === undefined) await condition(something);
  else await condition(something, Math.max(1, until - Date.now()));
}

/** Used by the validator, where a bad message is refused without history, and by the handler. */
function read(name: DecisionName, message: unknown, commandId: string): Decision {
  const parsed = parseDecision(name, message, commandId);
  if (parsed.ok) return parsed.value;
  throw ApplicationFailure.create({ message: refusalSentence(parsed), type: 'BadMessage', nonRetryable: true });
}

const DESCRIPTIONS: { readonly [name in DecisionName]: string } = {
  acceptAsIs: 'The money is taken for its own bill, whatever it is: { operator, reason }.',
  returnMoney: 'The money goes back to its payer: { operator, reason, amount? }.',
  keepAsCredit: 'The money is kept for the customer: { operator, reason }.',
  applyTo: 'The money pays another bill: { operator, reason, paymentRequestId }.',
  writeOff: 'Given up: nobody claims it, or the rest of its bill is forgiven: { operator, reason }.',
};
