/** What an exception does next, what may be decided about it, and what a return may take. */
import { describe, expect, it } from '@jest/globals';
import { parseDecision } from '../../../domain/money/exception-messages.ts';
import {
  choicesOf,
  decisionOfPolicy,
  DECISIONS,
  describeException,
  EXCEPTION_KINDS,
  hasMoney,
  nextStep,
  policyFits,
  whyUnfit,
  usualTerms,
  type Decision,
  type StoredException,
} from '../../../domain/money/exception.ts';
import { money } from '../../../domain/money.ts';
import { judgeReturn } from '../../../domain/money/returnable.ts';

const NOW = 1_000_000;
const open: StoredException = {
  exceptionId: 'x1',
  kind: 'late',
  status: 'open',
  sentence: 'BRL 24.90 fits no bill',
  left: 'BRL 24.90',
  policy: 'hold',
  owner: 'night shift',
  deadlineAt: NOW + 1_000,
  escalated: false,
  policyTried: false,
  pending: [],
};
const decided: Decision = { commandId: 'c1', decision: 'writeOff', operator: 'ana', reason: 'nobody asks' };

describe('an exception', () => {
  it('that is held waits for its deadline, is escalated once, and then waits for a person', () => {
    expect(nextStep(open, NOW)).toEqual({ is: 'wait', until: NOW + 1_000 });
    expect(nextStep(open, NOW + 1_000)).toEqual({ is: 'escalate' });
    expect(nextStep({ ...open, escalated: true }, NOW + 9_000)).toEqual({ is: 'wait' });
  });

  it('does what its policy says by itself, under one command, and asks a person when that was not enough', () => {
    const returning: StoredException = { ...open, policy: 'return' };
    expect(nextStep(returning, NOW)).toMatchObject({
      is: 'decide',
      decision: { commandId: 'policy:x1', decision: 'returnMoney', operator: 'policy' },
    });
    expect(nextStep({ ...returning, policyTried: true }, NOW)).toMatchObject({ is: 'wait' });
  });

  it('hears a person before its policy, and ends when it is resolved', () => {
    expect(nextStep({ ...open, policy: 'return', pending: [decided] }, NOW)).toEqual({
      is: 'decide',
      decision: decided,
    });
    expect(nextStep({ ...open, status: 'resolved', pending: [decided] }, NOW)).toEqual({ is: 'end' });
  });

  it('of a return that failed is never returned again by itself', () => {
    expect(decisionOfPolicy('return-failed', 'return')).toBeUndefined();
    expect(decisionOfPolicy('return-failed', 'accept')).toBe('acceptAsIs');
  });

  it('about a held bill is decided by the workflow of its link, and by nothing that moves money', () => {
    for (const decision of DECISIONS) expect(whyUnfit('held-bill', { decision })).toMatch(/is decided by its link/);
    expect(choicesOf('held-bill')).toEqual(['approve', 'correct', 'reread']);
  });

  it('without money is held whatever a merchant says, and closed by a word', () => {
    for (const kind of EXCEPTION_KINDS.filter((each) => !hasMoney(each) && each !== 'held-bill')) {
      expect([policyFits(kind, 'hold'), policyFits(kind, 'return')]).toEqual([true, false]);
      expect(decisionOfPolicy(kind, 'accept')).toBeUndefined();
      expect(whyUnfit(kind, { decision: 'acceptAsIs' })).toBeUndefined();
      expect(whyUnfit(kind, { decision: 'returnMoney' })).toMatch(/holds no money/);
    }
  });

  it('is usually held for a day; only a second payment goes back by itself', () => {
    const policies = EXCEPTION_KINDS.map((kind) => [kind, usualTerms(kind).policy]);
    expect(policies.filter(([, policy]) => policy !== 'hold')).toEqual([['second', 'return']]);
  });

  it('says in Temporal UI whom it waits for, until when, and what may be sent', () => {
    expect(describeException(open)).toMatch(/BRL 24\.90[\s\S]+night shift[\s\S]+1970-01-01T00:16:41[\s\S]+`writeOff`/);
  });
});

describe('a decision', () => {
  const who = { operator: 'ana', reason: 'seen at the till' };

  it('names who and why, and what it is about', () => {
    expect(parseDecision('acceptAsIs', who, 'c1')).toEqual({
      ok: true,
      value: { commandId: 'c1', decision: 'acceptAsIs', ...who },
    });
    const part = { ...who, amount: { currency: 'BRL', value: '5.00' } };
    const value = { commandId: 'c1', decision: 'returnMoney', ...who, amount: { minorUnits: '500', currency: 'BRL' } };
    expect(parseDecision('returnMoney', part, 'c1')).toEqual({ ok: true, value });
    // As it was stored, it is read again.
    expect(parseDecision('returnMoney', value, 'c2')).toEqual({ ok: true, value });
  });

  it.each([
    ['acceptAsIs', undefined],
    ['acceptAsIs', 'yes'],
    ['acceptAsIs', { reason: 'x' }],
    ['acceptAsIs', { operator: ' ', reason: 'x' }],
    ['acceptAsIs', { ...who, reason: 'x'.repeat(501) }],
    ['acceptAsIs', { ...who, commandId: 7 }],
    ['applyTo', who],
    ['applyTo', { ...who, paymentRequestId: 'R1' }],
    ['returnMoney', { ...who, amount: '5.00' }],
    ['returnMoney', { ...who, amount: { currency: 'BRL', value: '5' } }],
    ['returnMoney', { ...who, amount: { currency: 'XXX', value: '5.00' } }],
  ] as const)('%s of %j is refused with a sentence', (name, message) => {
    expect(parseDecision(name, message, 'c1')).toMatchObject({ ok: false, why: expect.stringMatching(/\w{3}/) });
  });
});

describe('a return', () => {
  const brl = (minor: bigint) => money(minor, 'BRL');
  const payment = { left: brl(2_490n), endToEndId: 'E1' };

  it('takes all that is left, or the part that is asked for', () => {
    expect(judgeReturn(payment, undefined)).toMatchObject({ is: 'returnable', amount: brl(2_490n) });
    expect(judgeReturn(payment, brl(1n))).toMatchObject({ is: 'returnable', amount: brl(1n) });
  });

  it.each([
    [undefined, undefined, 'nothing-to-return'],
    [{ ...payment, left: brl(0n) }, undefined, 'nothing-to-return'],
    [payment, brl(2_491n), 'exceeds-received'],
    [payment, brl(0n), 'exceeds-received'],
    [payment, brl(-1n), 'exceeds-received'],
    [payment, money(100n, 'USD'), 'other-currency'],
  ] as const)('of %j over %j is refused: %s', (from, asked, because) => {
    expect(judgeReturn(from, asked)).toMatchObject({ is: 'refused', because });
  });
});
