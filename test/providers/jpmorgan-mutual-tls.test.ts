import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuthenticator } from '../../providers/jpmorgan/authenticator.ts';
import { aProvider, call, details, failureOf, REQUEST_ID } from './builders.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'relink-tls-'));

function openssl(...words: string[]): void {
  execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
}

function hasOpenssl(): boolean {
  try {
    openssl('version');
    return true;
  } catch {
    console.log('skipped: mutual TLS needs the openssl program to make certificates, and it is not here');
    return false;
  }
}

function pem(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

/** One authority signs the bank's certificate and ours. */
function makeCertificates(): void {
  const newKey = ['req', '-newkey', 'rsa:2048', '-nodes', '-sha256'];
  openssl(...newKey, '-x509', '-days', '2', '-subj', '/CN=Test Authority', '-keyout', 'ca.key', '-out', 'ca.crt');
  openssl(...newKey, '-x509', '-days', '2', '-subj', '/CN=stranger', '-keyout', 'stranger.key', '-out', 'stranger.crt');
  for (const name of ['localhost', 'relink']) {
    openssl(
      ...newKey,
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
    openssl('x509', '-req', '-in', `${name}.csr`, '-days', '2', ...signing, '-out', `${name}.crt`);
  }
}

(hasOpenssl() ? describe : describe.skip)('mutual TLS', () => {
  let server: https.Server;
  let url = '';
  const clients: string[] = [];

  beforeAll(async () => {
    makeCertificates();
    server = https.createServer(
      {
        key: pem('localhost.key'),
        cert: pem('localhost.crt'),
        ca: pem('ca.crt'),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (request, response) => {
        clients.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
        response.end(JSON.stringify(details()));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, () => resolve()));
    url = `https://localhost:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows our certificate to a bank that demands one', async () => {
    const mutualTls = { certificate: pem('relink.crt'), privateKey: pem('relink.key'), ca: pem('ca.crt') };
    const jpmorgan = aProvider(url, { mutualTls });
    expect((await jpmorgan.getRequest(REQUEST_ID, call()))?.requestId).toBe(REQUEST_ID);
    await jpmorgan.close();
    expect(clients).toEqual(['relink']);
  });

  it('gets nowhere with the certificate of a stranger, and does not call that an absence', async () => {
    const mutualTls = { certificate: pem('stranger.crt'), privateKey: pem('stranger.key'), ca: pem('ca.crt') };
    const jpmorgan = aProvider(url, { mutualTls });
    expect((await failureOf(jpmorgan.getRequest(REQUEST_ID, call()))).kind).toBe('retryable');
    await jpmorgan.close();
    expect(clients).toEqual(['relink']);
  });

  it('sends nothing to a bank whose certificate we do not trust', async () => {
    const mutualTls = { certificate: pem('relink.crt'), privateKey: pem('relink.key') };
    const jpmorgan = aProvider(url, { mutualTls });
    expect((await failureOf(jpmorgan.openLink('till', call()))).kind).toBe('retryable');
    await jpmorgan.close();
    expect(clients).toEqual(['relink']);
  });

  it('names the key by the thumbprint of its certificate', async () => {
    let body = '';
    const authenticator = createAuthenticator(
      {
        tokenUrl: 'https://t',
        clientId: 'c',
        resource: 'r',
        privateKey: pem('relink.key'),
        certificate: pem('relink.crt'),
      },
      (request) => {
        body = request.body ?? '';
        const bytes = Buffer.from('{"access_token":"t","expires_in":3600}');
        return Promise.resolve({ status: 200, headers: {}, bytes });
      },
    );
    await authenticator.token(call());
    const [header] = (new URLSearchParams(body).get('client_assertion') ?? '').split('.');
    const { kid } = JSON.parse(Buffer.from(header ?? '', 'base64url').toString('utf8')) as { readonly kid: string };
    expect(kid).toMatch(/^[0-9A-F]{40}$/);
    expect(kid).toBe(new X509Certificate(pem('relink.crt')).fingerprint.split(':').join(''));
  });
});
