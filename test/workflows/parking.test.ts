/**
 * A bank that does not answer: nothing is promised, nobody waits for ever, and all goes on by itself when it is back.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '../support/engine.ts';
import { eventually } from '../limits/until.ts';

describe('a bank that is down', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(async () => {
    await engine.stop();
  });

  const charge = { amount: { currency: 'BRL', value: '24.90' } };
  const phaseOf = async (link: string) => (await engine.state(link)).phase;

  it('lets waiting callers go as pending, and ends every command once it is back', async () => {
    const [selling, unlinking, changing] = [await engine.openLink(), await engine.openLink(), await engine.openLink()];
    const linked = await engine.update(unlinking, 'link', { charge });
    const changed = await engine.update(changing, 'link', { charge });
    if (linked.is !== 'linked' || changed.is !== 'linked') throw new Error('not linked');
    await engine.control('faults', { status: 503 });

    const notAfter = new Date(Date.now() + 4_000).toISOString();
    const answers = await Promise.all([
      engine.update(selling, 'link', { charge, notAfter, requestId: 'a'.repeat(32), commandId: 'sell' }),
      engine.update(unlinking, 'unlink', { commandId: 'unlink' }),
      engine.update(changing, 'updateCharge', {
        commandId: 'change',
        requestId: changed.requestId,
        charge: { amount: { currency: 'BRL', value: '30.00' } },
      }),
    ]);
    expect(answers).toEqual([{ is: 'pending' }, { is: 'pending' }, { is: 'pending' }]);
    expect(await phaseOf(selling)).toMatchObject({ is: 'linking', parked: { because: expect.any(String) } });

    await engine.control('faults', { reset: true });
    for (const link of [selling, unlinking, changing]) await engine.signal(link, 'check', {});
    await eventually(async () => (await phaseOf(selling)).is === 'free');
    await eventually(async () => (await phaseOf(unlinking)).is === 'free');
    await eventually(async () => {
      const phase = await phaseOf(changing);
      return phase.is === 'linked' && phase.sale.revision === 1;
    });
    const outcomes = await engine.query<{ command_id: string; outcome: object }>(
      `select command_id, outcome from command where command_id in ('sell', 'unlink', 'change') order by command_id`,
    );
    expect(outcomes).toEqual([
      { command_id: 'change', outcome: { is: 'updated', requestId: changed.requestId, revision: 1 } },
      { command_id: 'sell', outcome: { is: 'refused', because: 'timed-out', requestId: 'a'.repeat(32) } },
      { command_id: 'unlink', outcome: { is: 'unlinked', found: 'cancelled', requestId: linked.requestId } },
    ]);
  });
});
