/** The provider of `link-model.ts`: requests, and what the code shows. */
import type { CodeContent } from '../../../domain/links/link-events.ts';

type BankStatus = 'absent' | 'active' | 'processing' | 'settled' | 'expired' | 'cancelled';
export type OwnStatus = 'linking' | 'active' | 'refused' | 'cancelled' | 'expired' | 'paid';

export interface ModelRequest {
  readonly id: string;
  there: BankStatus;
  here: OwnStatus;
  revision: number;
}

export class ModelBank {
  readonly requests = new Map<string, ModelRequest>();
  /** A first PUT whose answer was lost, and which lands only later. */
  readonly asleep: string[] = [];
  /** Somebody put a request on the code that is not ours. */
  stranger = false;
  #shown: string | undefined;

  request(id: string): ModelRequest {
    const request = this.requests.get(id) ?? { id, there: 'absent', here: 'linking', revision: 0 };
    this.requests.set(id, request);
    return request;
  }

  /** What the code shows to a payer. */
  shows(): ModelRequest | 'stranger' | undefined {
    if (this.stranger) return 'stranger';
    const shown = this.#shown === undefined ? undefined : this.request(this.#shown);
    return shown !== undefined && isAlive(shown) ? shown : undefined;
  }

  /** Answers false while another request is on the code. */
  put(id: string): boolean {
    const shown = this.shows();
    const request = this.request(id);
    if (shown !== undefined && shown !== request) return false;
    if (request.there === 'absent') [request.there, this.#shown] = ['active', id];
    return true;
  }

  code(): CodeContent {
    const shown = this.shows();
    if (shown === undefined || shown === 'stranger') return shown ?? 'nothing';
    return shown.here === 'active' || shown.here === 'linking' ? 'current' : 'stray';
  }
}

export const FOUND = {
  absent: 'cancelled',
  active: 'cancelled',
  processing: 'cancelled',
  cancelled: 'cancelled',
  settled: 'paid',
  expired: 'expired',
} as const;

export function isAlive({ there }: ModelRequest): boolean {
  return there === 'active' || there === 'processing';
}
