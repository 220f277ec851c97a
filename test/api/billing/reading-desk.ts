/** Whoever reads meters: devices that nobody has had before, and their uploads to a shop. */
import type { ApiAnswer } from '../client.ts';
import type { ApiShop } from '../shop-alone.ts';

type Headers = Readonly<Record<string, string>>;

export const HEADER = 'deviceId,sequence,meterId,value,readAt,kind';

export function reading(deviceId: string, sequence: number, differences: object = {}) {
  const shown = { meterId: 'M1', value: '00120', readAt: '2026-11-05T12:00:00Z', kind: 'actual' };
  return { deviceId, sequence, ...shown, ...differences };
}

export function createReadingDesk({ pos, rows }: Pick<ApiShop, 'pos' | 'rows'>) {
  let devices = 0;
  let keys = 0;
  return {
    freshDevice: (): string => `device-${String((devices += 1)).padStart(3, '0')}`,
    upload: async (readings: readonly unknown[], headers: Headers = {}): Promise<ApiAnswer> =>
      pos.post('/v1/meter-readings', { readings }, headers),
    async uploadCsv(text: string | Buffer, headers: Headers = {}): Promise<ApiAnswer> {
      keys += 1;
      const all = { 'content-type': 'text/csv', 'idempotency-key': `csv-${keys}`, ...headers };
      return pos.send('POST', '/v1/meter-readings', all, text as string);
    },
    rowsOf: async (id: unknown): Promise<unknown> =>
      (await pos.get(`/v1/meter-readings/uploads/${String(id)}/rows`)).body['data'],
    /** The numbers of a device that are kept. */
    async storedOf(deviceId: string): Promise<readonly number[]> {
      const sql = 'select sequence from meter_reading where device_id = $1 order by sequence';
      const found = await rows<{ sequence: string }>(sql, [deviceId]);
      return found.map(({ sequence }) => Number(sequence));
    },
    async uploads(): Promise<number> {
      return Number((await rows<{ count: string }>('select count(*) from reading_upload'))[0]?.count);
    },
  };
}
