/** The simulator over real HTTP with our adapter in front of it, for tests of what both make of the contract. */
import { generateKeyPairSync } from 'node:crypto';
import type { JpMorganConfig } from '../../providers/jpmorgan/provider.ts';
import type { Provider, ProviderRequest } from '../../providers/provider.ts';
import { createSimulator } from '../../simulator/simulator.ts';
import { aCharge, aProvider, call, newId } from './builders.ts';

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

export interface SimulatedBank {
  readonly jpmorgan: Provider;
  control(what: string, body: object): Promise<Record<string, unknown>>;
  /** How often each route has been called, by its name: `PUT /payment-requests/{id}`. */
  calls(): Promise<Readonly<Record<string, number>>>;
  /** A new sale of BRL 24.90 that has been paid. */
  paid(): Promise<{ readonly requestId: string; readonly endToEndId: string }>;
  /** The read that must find something. */
  read(requestId: string): Promise<ProviderRequest>;
  close(): Promise<void>;
}

export async function aSimulatedBank(more: Partial<JpMorganConfig> = {}): Promise<SimulatedBank> {
  const simulator = createSimulator({ clientId: 'relink', clientCertificate: pair.publicKey });
  const { url } = await simulator.listen(0);
  const jpmorgan = aProvider(`${url}/receivables/request-to-pay/v1`, {
    returnsUrl: `${url}/payment/v2`,
    oauth: {
      tokenUrl: `${url}/adfs/oauth2/token`,
      clientId: 'relink',
      resource: 'JPMC:URI:RS-1',
      privateKey: pair.privateKey,
      certificate: pair.publicKey,
    },
    ...more,
  });
  const control = async (what: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/control/${what}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  return {
    jpmorgan,
    control,
    calls: async () => (await (await fetch(`${url}/control/calls`)).json()) as Record<string, number>,
    paid: async () => {
      const { providerLinkId } = await jpmorgan.openLink('till', call());
      const requestId = newId();
      await jpmorgan.putRequest({ requestId, providerLinkId, kind: 'till', charge: aCharge() }, call());
      const { endToEndId } = await control('pay', { paymentRequestId: requestId });
      return { requestId, endToEndId: String(endToEndId) };
    },
    read: async (requestId) => {
      const request = await jpmorgan.getRequest(requestId, call());
      if (!request) throw new Error(`${requestId} is not there`);
      return request;
    },
    close: async () => {
      await jpmorgan.close();
      await simulator.close();
    },
  };
}
