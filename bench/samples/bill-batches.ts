/**
 * Files of accounts for batches of bills, and what a utility's office does with one: upload it, wait, fetch what was
 * printed.
 */
import { randomUUID } from 'node:crypto';

type Row = Readonly<Record<string, unknown>>;

export interface ApiAccess {
  readonly url: string;
  readonly key: string;
}

export interface BatchFileLine {
  readonly account: string;
  readonly holder: string;
  readonly taxId?: string;
  readonly address: string;
  readonly language: string;
  readonly tariff: string;
  readonly meter: string;
  readonly digits: string;
  readonly installedValue: string;
  readonly installedAt: string;
}

/** Another account for each number, the same on every run. */
export function accountLine(number: number, changes: Partial<BatchFileLine> = {}): BatchFileLine {
  const digits = String(number).padStart(6, '0');
  return {
    account: `0047-${digits}`,
    holder: `Maria da Conceição ${number}`,
    taxId: '529.982.247-25',
    address: `Rua das Laranjeiras, ${number}, bloco B|22240-003 Rio de Janeiro – RJ`,
    language: number % 2 === 0 ? 'pt' : 'en',
    tariff: 'residential',
    meter: `M-${digits}`,
    digits: '5',
    installedValue: '00120',
    installedAt: '2026-01-01T08:00:00-03:00',
    ...changes,
  };
}

export function accountLines(count: number): readonly BatchFileLine[] {
  return Array.from({ length: count }, (_, index) => accountLine(index + 1));
}

/** The first line is the header, so the first account is in line 2. */
export function csvOf(lines: readonly BatchFileLine[], delimiter = ','): string {
  const header = Object.keys(accountLine(1));
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const rows = lines.map((line) =>
    header.map((name) => quoted(line[name as keyof BatchFileLine] ?? '')).join(delimiter),
  );
  return [header.join(delimiter), ...rows].join('\n');
}

interface BatchAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Row;
}

export interface BatchUploadOptions {
  readonly query?: string;
  readonly key?: string;
  readonly type?: string;
}

export async function uploadBatch(
  office: ApiAccess,
  file: string | Buffer,
  upload: BatchUploadOptions = {},
): Promise<BatchAnswer> {
  const { query = 'kind=stickers', key = randomUUID(), type = 'text/csv' } = upload;
  const answer = await fetch(`${office.url}/v1/bill-batches?name=Lote&${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${office.key}`, 'content-type': type, 'idempotency-key': key },
    body: typeof file === 'string' ? file : new Uint8Array(file),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Row };
}

async function read(office: ApiAccess, path: string): Promise<Row> {
  const answer = await fetch(`${office.url}${path}`, { headers: { authorization: `Bearer ${office.key}` } });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json()) as Row;
}

export async function batchOf(office: ApiAccess, batchId: unknown): Promise<Row> {
  return read(office, `/v1/bill-batches/${String(batchId)}`);
}

/** Every row of the batch, page by page. */
export async function rowsOf(office: ApiAccess, batchId: unknown, query = ''): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let after = ''; ;) {
    const page = await read(office, `/v1/bill-batches/${String(batchId)}/rows?limit=100${query}${after}`);
    rows.push(...(page['data'] as readonly Row[]));
    const next = page['next'] as string | null;
    if (next === null) return rows;
    after = `&after=${next}`;
  }
}

export async function fileOf(office: ApiAccess, url: string): Promise<Buffer> {
  const answer = await fetch(`${office.url}${url}`, { headers: { authorization: `Bearer ${office.key}` } });
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}
