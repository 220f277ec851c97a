/** What must be true of a world at rest, said by the bank and by the rows of Postgres alone (docs/invariants.md). */
import { isAlive, type RequestStatus } from '../../domain/money/check-schedule.ts';
import type { Answer } from '../../domain/links/link-state.ts';
import type { SettlementKind } from '../../domain/money/settlement.ts';
import type { World } from './world.ts';
import type { WorldPayment, WorldRequest } from './world-bank.ts';

interface RequestRow {
  readonly id: string;
  readonly status: RequestStatus;
  readonly exceptions: readonly string[];
  /** Names of the events of this request. */
  readonly told: readonly string[];
}
interface LedgerRow {
  readonly endToEndId: string;
  readonly requestId: string;
  readonly kind: SettlementKind;
  readonly entries: readonly { readonly account: string; readonly currency: string; readonly minor: number }[];
}
interface RaceRows {
  readonly link: { readonly status: string; readonly current: string | null };
  readonly requests: readonly RequestRow[];
  readonly ledger: readonly LedgerRow[];
  readonly commands: readonly { readonly id: string; readonly kind: string; readonly outcome: Answer | null }[];
}

const ROWS = `
  select jsonb_build_object('status', l.status, 'current', l.current_request_id) as link,
    (select coalesce(jsonb_agg(jsonb_build_object('id', payment_request_id, 'status', status,
        'exceptions', (select coalesce(jsonb_agg(kind), '[]') from exception x
          where x.payment_request_id = r.payment_request_id),
        'told', (select coalesce(jsonb_agg(name), '[]') from event e
                  where e.merchant_id = l.merchant_id and e.payment_link_id = l.payment_link_id
                    and e.payment_request_id = r.payment_request_id)
      )), '[]') from payment_request r where r.payment_link_id = l.payment_link_id
        and r.merchant_id = l.merchant_id) as requests,
    (select coalesce(jsonb_agg(jsonb_build_object('endToEndId', end_to_end_id, 'requestId', payment_request_id,
        'kind', kind,
        'entries', (select jsonb_agg(jsonb_build_object('account', account, 'currency', currency,
                      'minor', amount_minor))
                      from ledger_entry e where e.transaction_id = t.transaction_id)
      )), '[]') from ledger_transaction t where t.payment_link_id = l.payment_link_id
        and t.merchant_id = l.merchant_id) as ledger,
    (select coalesce(jsonb_agg(jsonb_build_object('id', command_id, 'kind', kind, 'outcome', outcome) order by number),
       '[]')
       from command c where c.payment_link_id = l.payment_link_id and c.merchant_id = l.merchant_id) as commands
  from payment_link l where payment_link_id = $1 and merchant_id = $2`;

export async function judge(world: World): Promise<{ wrong: readonly string[]; outcomes: readonly string[] }> {
  const { merchantId, paymentLinkId } = world.ref;
  const { rows } = await world.lane.owner.query<RaceRows>(ROWS, [paymentLinkId, merchantId]);
  const [found] = rows;
  if (found === undefined) throw new Error('the link is gone');
  const wrong = [
    ...wrongMoney(world, found),
    ...found.requests.flatMap((request) => wrongRequest(request, world, found.ledger)),
    ...wrongLink(world, found),
    ...wrongCommands(world, found),
  ];
  return { wrong: wrong.map((each) => nameless(world, each)), outcomes: outcomesOf(world, found) };
}

function nameless(world: World, text: string): string {
  return ['R1', 'R2'].reduce((said, name) => said.replaceAll(world.requestId(name), name), text);
}

function wrongMoney({ bank }: World, { ledger }: RaceRows): string[] {
  const wrong: string[] = [];
  const paid = bank.requests.flatMap(({ id, payment }) => (payment === undefined ? [] : [{ id, payment }]));
  for (const { id, payment } of paid) {
    const booked = ledger.filter(({ endToEndId }) => endToEndId === payment.endToEndId);
    if (booked.length !== 1) wrong.push(`the payment of ${id} is booked ${booked.length} times`);
    for (const { requestId, entries } of booked) {
      if (requestId !== id) wrong.push(`the payment of ${id} is booked to ${requestId}`);
      const received = sum(entries.filter(({ account }) => account === 'provider'));
      if (received !== Number(payment.amount.minorUnits)) wrong.push(`${id}: ${received} of the payment is booked`);
    }
  }
  if (ledger.length !== paid.length) wrong.push(`${paid.length} payments at the bank, ${ledger.length} in the ledger`);
  for (const { endToEndId, entries } of ledger) {
    if (sum(entries) !== 0) wrong.push(`${endToEndId} does not add up to zero`);
  }
  return wrong;
}

function sum(entries: LedgerRow['entries']): number {
  return entries.reduce((total, { minor }) => total + minor, 0);
}

function wrongRequest(row: RequestRow, { bank }: World, ledger: readonly LedgerRow[]): string[] {
  const { id, status, told, exceptions } = row;
  const there = bank.request(id);
  if (there?.payment !== undefined) {
    const kind = ledger.find(({ requestId }) => requestId === id)?.kind;
    return wrongPaid(row, there.payment, kind);
  }
  const wrong: string[] = [];
  if (!STATUS_HERE[there?.status ?? 'absent'].includes(status)) {
    wrong.push(`${id} is ${there?.status ?? 'absent'} at the bank and ${status} here`);
  }
  if (!isAlive(status) && count(told, `payment_request.${status}`) !== 1)
    wrong.push(`${id}: ${status} is not told once`);
  if (count(told, 'payment_request.paid') > 0) wrong.push(`${id} is told as paid, and nobody paid`);
  if (exceptions.length > 0) wrong.push(`${id} has exceptions: ${exceptions.join()}`);
  return wrong;
}

const STATUS_HERE: Readonly<Record<WorldRequest['status'] | 'absent', readonly RequestStatus[]>> = {
  absent: ['refused', 'cancelled'],
  active: ['active'],
  processing: ['processing'],
  settled: [],
  expired: ['expired'],
  cancelled: ['cancelled', 'refused'],
};

/** The amounts decide; whether it was late depends on whether we had heard of the end before the money came. */
function wrongPaid(
  { id, status, told, exceptions }: RequestRow,
  payment: WorldPayment,
  kind?: SettlementKind,
): string[] {
  const difference = Number(payment.amount.minorUnits) - Number(payment.asked.minorUnits);
  const due = difference < 0 ? 'underpaid' : 'paid';
  const kinds: SettlementKind[] = [difference < 0 ? 'partial' : difference === 0 ? 'exact' : 'over'];
  if (payment.ended && difference >= 0) kinds.push('late');
  const wrong: string[] = [];
  if (status !== due) wrong.push(`${id} is ${status}, and the money says ${due}`);
  if (kind !== undefined && !kinds.includes(kind))
    wrong.push(`${id} is booked as ${kind}, and not ${kinds.join(' or ')}`);
  if (count(told, `payment_request.${due}`) !== 1) wrong.push(`${id}: ${due} is not told once`);
  const owned = kind === 'exact' ? [] : [String(kind)];
  if (exceptions.join() !== owned.join())
    wrong.push(`${id} (${kind}) has the exceptions ${exceptions.join() || 'none'}`);
  return wrong;
}

function count(all: readonly string[], one: string): number {
  return all.filter((each) => each === one).length;
}

function wrongLink({ bank, link, ref }: World, { link: row, requests }: RaceRows): string[] {
  const wrong: string[] = [];
  const alive = bank.requests.filter(({ status }) => status === 'active' || status === 'processing');
  for (const { id } of alive) if (id !== row.current) wrong.push(`${id} is alive at the bank and not current here`);
  const phase = link.state?.phase;
  if (row.status === 'linked' ? phase?.is !== 'linked' : row.status !== 'free' || phase?.is !== 'free') {
    wrong.push(`the row says ${row.status}, the workflow ${phase?.is}`);
  }
  if (phase?.is === 'linked' && phase.sale.requestId !== row.current)
    wrong.push('row and workflow serve different sales');
  if (row.status === 'linked' && !alive.some(({ id }) => id === row.current)) wrong.push('it serves a dead request');
  if (row.status === 'free' && row.current !== null) wrong.push(`it is free, and serves ${row.current}`);
  const live = requests.filter(({ status }) => isAlive(status));
  if (live.some(({ id }) => id !== row.current)) wrong.push('a request is alive here and not current');
  const payable = bank.payable(ref.paymentLinkId)?.id;
  if (payable !== undefined && payable !== row.current) wrong.push(`the code asks for ${payable}`);
  return wrong;
}

function wrongCommands({ link, bank, terminated }: World, { commands }: RaceRows): string[] {
  return commands.flatMap(({ id, kind, outcome }) => {
    const wrong: string[] = [];
    if (outcome === null || outcome.is === 'pending' || outcome.is === 'queued') return [`${kind} has no answer`];
    const heard = link.heard.get(id) ?? [];
    // A run that knows nothing may judge a repeat anew while the lost one's effect ends: then only the row counts.
    if (!terminated && heard.some((answer) => answer.is !== outcome.is)) {
      wrong.push(`${kind} heard ${heard.map(({ is }) => is).join()}, stored is ${outcome.is}`);
    }
    const versions = 'requestId' in outcome ? bank.versionsOf(outcome.requestId ?? '') : [];
    if (outcome.is === 'linked' && versions.length === 0) wrong.push('linked, and the bank never saw it');
    if (
      outcome.is === 'unlinked' &&
      outcome.found === 'cancelled' &&
      !versions.some(({ status }) => status === 'cancelled')
    )
      wrong.push('its receipt says cancelled, and at the bank it never was');
    if (outcome.is === 'unlinked' && outcome.found === 'paid' && !versions.some(({ status }) => status === 'settled'))
      wrong.push('its receipt says paid, and nobody paid');
    if (outcome.is === 'updated' && !versions.some(({ revision }) => revision > 0))
      wrong.push('updated, and the bank never saw it');
    return wrong;
  });
}

/** What this run has met, for counting; who was first is said by the bank's own order of events. */
function outcomesOf(world: World, { requests, ledger, commands }: RaceRows): readonly string[] {
  const said = commands.slice(1).map(({ outcome }) => {
    if (outcome?.is === 'refused') return `refused ${outcome.because}`;
    return outcome?.is === 'unlinked' ? `found ${outcome.found}` : (outcome?.is ?? 'unanswered');
  });
  return [
    ...world.met,
    ...said,
    ...winnersOf(world.bank.versionsOf(world.requestId('R1'))),
    ...ledger.map(({ kind }) => `booked ${kind}`),
    ...requests.map(({ status }) => `ends ${status}`),
  ];
}

function winnersOf(versions: readonly WorldRequest[]): readonly string[] {
  const payment = versions.at(-1)?.payment;
  const changed = versions.find(
    ({ revision, status }) => revision > 0 || status === 'cancelled' || status === 'expired',
  );
  const first =
    payment !== undefined && (changed === undefined || changed.updatedAt >= payment.at)
      ? ['the payment was first']
      : [];
  const second = changed !== undefined && first.length === 0 ? ['the payment was second'] : [];
  const late = payment?.ended ? ['the money came late'] : [];
  const processed = versions.some(({ status }) => status === 'processing') ? ['it was in flight'] : [];
  return [...first, ...second, ...late, ...processed];
}
