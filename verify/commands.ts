/** I11: what was answered 2xx is there, a command as well as a callback, and comes to its end. */
import { count, runRules, youngerThanGrace, type MerchantSnapshot, type InvariantRule } from './rules.ts';

const ANSWERED = `(c.response->>'status') ~ '^2'`;

const COMMANDS: readonly InvariantRule[] = [
  {
    invariant: 'I11',
    broken: `select lpad(c.number::text, 20, '0') as place,
      format('command %s (%s) was answered %s, and has no outcome', c.command_id, c.kind,
        c.response->>'status') as sentence
      from command c where c.merchant_id = $1 and ${ANSWERED} and c.response->>'status' <> '202' and c.outcome is null`,
  },
  {
    invariant: 'I11',
    broken: `select lpad(c.number::text, 20, '0') as place,
      format('command %s (%s) was answered %s, and its outcome is refused: %s', c.command_id, c.kind,
        c.response->>'status', c.outcome->>'because') as sentence
      from command c where c.merchant_id = $1 and ${ANSWERED} and c.outcome->>'is' = 'refused'`,
  },
  {
    invariant: 'I11',
    broken: `select lpad(c.number::text, 20, '0') as place,
      format('command %s (%s) was taken in for link %s, which is not there', c.command_id, c.kind,
        c.payment_link_id) as sentence
      from command c where c.merchant_id = $1 and c.kind in ('open', 'link', 'unlink', 'retire', 'resolve')
       and c.route <> 'temporal'
       and not exists (select from payment_link l where l.merchant_id = $1 and l.payment_link_id = c.payment_link_id)`,
  },
  {
    invariant: 'I11',
    broken: `select lpad(c.number::text, 20, '0') as place,
      format('command %s (%s) was taken in for request %s, which is not there', c.command_id, c.kind,
        c.payment_request_id) as sentence
      from command c where c.merchant_id = $1 and c.payment_request_id is not null
       and ((c.kind = 'link' and c.route <> 'temporal') or ${ANSWERED} or c.outcome->>'is' in ('linked', 'updated'))
       and not exists (select from payment_request r where r.merchant_id = $1
         and r.payment_request_id = c.payment_request_id)`,
  },
  {
    // The answer's own bytes name what the client was promised.
    invariant: 'I11',
    broken: `select lpad(number::text, 20, '0') as place,
      format('command %s (%s) was answered with %s, which is not there', command_id, kind, id) as sentence
      from (select c.number, c.command_id, c.kind,
              substring(c.response->>'body' from '^\\{"id":"([A-Za-z0-9_-]+)"') as id
              from command c where c.merchant_id = $1 and ${ANSWERED}
                and c.kind in ('open', 'link', 'updateCharge', 'retire')) as promised
     where id is not null
       and not exists (select from payment_link l where l.merchant_id = $1 and l.payment_link_id = id)
       and not exists (select from payment_request r where r.merchant_id = $1 and r.payment_request_id = id)`,
  },
  {
    // A queued sale waits for its turn; the rest is sent again by `watch`, or its request and link are looked after.
    invariant: 'I11',
    broken: `select lpad(c.number::text, 20, '0') as place,
      format('command %s (%s) has no outcome, and nobody works on it', c.command_id, c.kind) as sentence
      from command c where c.merchant_id = $1 and c.outcome is null and c.queued_at is null
       and not ${youngerThanGrace('c.created_at')}
       and not ($2 > 0 and (c.next_send_at is not null
         or exists (select from payment_request r where r.payment_request_id = c.payment_request_id
           and r.next_check_at is not null)
         or exists (select from payment_link l where l.merchant_id = $1 and l.payment_link_id = c.payment_link_id
           and l.next_check_at is not null)
         or exists (select from exception x where x.merchant_id = $1 and x.status = 'open'
           and x.next_check_at is not null)))`,
  },
  {
    invariant: 'I11',
    broken: `select lpad(c.number::text, 20, '0') as place, format('command %s (%s) is refused, and nothing says why',
      c.command_id, c.kind) as sentence
      from command c where c.merchant_id = $1 and c.outcome->>'is' = 'refused' and c.outcome->>'because' is null`,
  },
];

/** A notice that the provider's own read contradicts is kept as such in the history: a forger leaves a trace. */
const CONTRADICTED = `exists (select from timeline h where h.merchant_id = $1
  and h.payment_request_id = i.payment_request_id
  and h.what = 'notice-ignored' and h.at >= i.received_at)`;
const UNSEEN = `exists (select from exception x where x.merchant_id = $1 and x.kind = 'unseen-payment'
  and (x.cause = i.end_to_end_id or x.payment_request_id = i.payment_request_id))`;
const LOOKED_AFTER = `($2 > 0 and exists (select from payment_request r
  where r.payment_request_id = i.payment_request_id
  and r.next_check_at <= now()))`;
const NOTICES: readonly InvariantRule[] = [
  {
    invariant: 'I11',
    broken: `select i.received_at::text as place,
      format('notice %s (settled, request %s) was acknowledged, and nothing came of it', i.inbox_id,
        i.payment_request_id) as sentence
      from inbox i where i.merchant_id = $1 and i.status = 'settled' and i.applied_at is null
       and not ${youngerThanGrace('i.received_at')} and not ${CONTRADICTED} and not ${UNSEEN} and not ${LOOKED_AFTER}`,
  },
  {
    invariant: 'I11',
    broken: `select i.received_at::text as place,
      format('notice %s named payment %s of request %s: it is not booked, and no exception says so', i.inbox_id,
        i.end_to_end_id, i.payment_request_id) as sentence
      from inbox i where i.merchant_id = $1 and i.status = 'settled' and i.applied_at is not null
       and i.end_to_end_id is not null
       and not exists (select from ledger_transaction t where t.merchant_id = $1 and t.end_to_end_id = i.end_to_end_id)
       and not ${youngerThanGrace('i.received_at')} and not ${CONTRADICTED} and not ${UNSEEN} and not ${LOOKED_AFTER}`,
  },
];

export async function checkCommands(snapshot: MerchantSnapshot): Promise<void> {
  await count(snapshot, [
    { invariant: 'I11', noun: 'commands', of: 'command where merchant_id = $1' },
    { invariant: 'I11', noun: 'notices', of: 'inbox where merchant_id = $1' },
  ]);
  await runRules(snapshot, [...COMMANDS, ...NOTICES]);
}
