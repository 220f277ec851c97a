/** Stores the refusal of a sale: request, command and link row in one transaction, with the reason. */
import type { EffectResult } from '../../domain/links/link-events.ts';
import type { LinkOrder, Refusal } from '../../domain/links/link-state.ts';
import { answerCommand } from '../../db/links/command-claims.ts';
import { writeFacts } from '../../db/facts.ts';
import { writeLink } from '../../db/links/link-rows.ts';
import { checkAgainIn, readRequest, writeStatus } from '../../db/links/request-rows.ts';
import { present } from '../../domain/present.ts';
import type { Attempt } from '../attempt.ts';
import { inTransaction, notifyListeners, type Dependencies } from '../dependencies.ts';
import type { LinkRef } from './link-activities.ts';

interface RefusalContext {
  readonly link: LinkRef;
  readonly order: LinkOrder;
  readonly attempt: Attempt;
  readonly seq: number;
}

interface RefusalReason {
  readonly because: Refusal;
  readonly detail?: string;
  /** The write may still take effect at the provider, so the request is checked often (F5). */
  readonly unknownWrite?: boolean;
  readonly neverSent?: boolean;
}

export async function refuseLink(
  deps: Dependencies,
  { link, order, attempt, seq }: RefusalContext,
  reason: RefusalReason,
): Promise<EffectResult> {
  const { because, detail } = reason;
  const { requestId, commandId } = order;
  const refused = { is: 'refused', because, requestId, ...present({ detail }) } as const;
  const position = await inTransaction(deps, link, attempt, async (client) => {
    const request = await readRequest(client, requestId, 'lock');
    if (request !== undefined) {
      const { lateMoneyDays } = deps.provider;
      await writeStatus(client, request, {
        status: 'refused',
        because,
        lateMoneyDays,
        neverSent: reason.neverSent === true,
      });
      if (reason.unknownWrite) await checkAgainIn(client, requestId, 0);
    }
    await answerCommand(client, commandId, refused);
    await writeLink(client, link.paymentLinkId, { seq, status: 'free' });
    const base = { paymentLinkId: link.paymentLinkId, paymentRequestId: requestId };
    const sentence = `${order.amount} refused: ${because}${detail === undefined ? '' : ` (${detail})`}`;
    return writeFacts(client, link.merchantId, {
      events: [
        {
          ...base,
          name: 'payment_request.refused',
          cause: requestId,
          payload: {
            ...base,
            ...present({ reference: request?.reference }),
            status: 'refused',
            because,
          },
        },
      ],
      timeline: [{ ...base, what: 'refused', sentence, commandId }],
    });
  });
  await notifyListeners(deps, link.merchantId, position);
  return refused;
}
