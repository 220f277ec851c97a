/** The control API's description, its counts and its openness to pages. */
import { describe, expect, it } from '@jest/globals';

import { requestId, startBank } from './bank.ts';

interface Operation {
  readonly requestBody: { readonly content: Record<string, { readonly schema: { readonly properties: object } }> };
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

describe('the control API', () => {
  it('describes every call in OpenAPI 3.1, with the schemas that validate', async () => {
    const bank = await startBank();
    const { body } = (await bank.control('/openapi.json')) as unknown as { body: Document };
    expect(body.openapi).toBe('3.1.0');
    const listed = (await bank.control('')).body.calls as { method: string; path: string }[];
    expect(listed.length).toBeGreaterThan(10);
    for (const { method, path } of listed) expect(body.paths[path]?.[method.toLowerCase()]).toBeDefined();
    const schema = body.paths['/control/pay']?.['post']?.requestBody.content['application/json']?.schema;
    expect(Object.keys(schema?.properties ?? {})).toEqual([
      'text',
      'paymentRequestId',
      'amount',
      'how',
      'parts',
      'delayMs',
    ]);
    expect(body.paths['/receivables/request-to-pay/v1/payment-requests/{id}']?.['put']).toBeDefined();
  });

  it('has a route for every call that it describes', async () => {
    const bank = await startBank();
    const listed = (await bank.control('')).body.calls as { method: string; path: string }[];
    for (const { method, path } of listed) {
      const answer = await bank.control(
        path.replace('/control', ''),
        method === 'POST' ? { nonsense: true } : undefined,
        method,
      );
      expect([path, answer.status]).toEqual([path, method === 'POST' ? 400 : 200]);
    }
    expect((await bank.control('/nowhere')).status).toBe(404);
  });

  it('shows people a page', async () => {
    const bank = await startBank();
    const page = await fetch(`${bank.url}/control`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('/control/scan');
  });

  it('is open to a page from another port', async () => {
    const bank = await startBank();
    const asked = await fetch(`${bank.url}/control/pay`, { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(asked.headers.get('access-control-allow-headers')).toContain('content-type');
    const refused = await fetch(`${bank.url}/control/scan`, { method: 'POST', body: '{' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
  });

  it('counts the bank calls of each route until it is told to start again', async () => {
    const bank = await startBank();
    await bank.control('/calls', undefined, 'DELETE');
    const id = requestId();
    await bank.put(id);
    await bank.put(id);
    await bank.call('GET', `/payment-requests/${id}`);
    await bank.call('POST', `/payment-requests/${id}/cancel`, { reason: 'x' });
    await bank.control('/faults', { status: 503, times: 1 });
    await bank.openLink();
    expect((await bank.control('/calls')).body).toEqual({
      'PUT /payment-requests/{id}': 2,
      'GET /payment-requests/{id}': 1,
      'POST /payment-requests/{id}/cancel': 1,
      'POST /payment-links': 1,
    });
    await bank.control('/calls', undefined, 'DELETE');
    expect((await bank.control('/calls')).body).toEqual({});
  });

  it('tells checkers everything that the bank knows', async () => {
    const bank = await startBank();
    const link = await bank.openLink();
    const id = requestId();
    await bank.put(id, link.id);
    const { endToEndId } = (await bank.control('/pay', { paymentRequestId: id })).body;
    expect((await bank.control('/payment-requests')).body).toMatchObject({
      paymentRequests: [
        {
          id,
          status: 'SETTLED',
          revision: 0,
          paymentLinkId: link.id,
          amount: { currency: 'BRL', value: '24.90' },
          payments: [{ endToEndId, how: 'normal', amount: { currency: 'BRL', value: '24.90' } }],
          returns: [],
        },
      ],
      paymentLinks: [{ id: link.id, incidental: false }],
    });
  });

  it('moves the clock and puts it back', async () => {
    const bank = await startBank();
    await bank.control('/clock', { advanceSeconds: 100 });
    expect((await bank.control('/clock', { advanceSeconds: 20 })).body.offsetSeconds).toBe(120);
    expect((await bank.control('/clock', { reset: true })).body.offsetSeconds).toBe(0);
    expect((await bank.control('/clock', { reset: false })).status).toBe(400);
  });
});
