/**
 * Which Signal a provider's notice leads to. A notice is a hint: whatever it says, the request is read at the provider
 * first.
 */
import { isAlive, type RequestStatus } from '../money/check-schedule.ts';
import type { ProviderStatus } from '../money/provider-status.ts';

export type NoticeStatus = ProviderStatus | 'unreadable';

/** Undefined: nothing is sent (protocol.md F7). `requestStatus` is how the request stands here. */
export function signalOf(notice: NoticeStatus, requestStatus: RequestStatus): 'paid' | 'expired' | 'check' | undefined {
  switch (notice) {
    case 'settled':
      return 'paid';
    case 'expired':
    case 'cancelled':
      return 'expired';
    case 'active':
      // Worth a read: a payment in flight that fell back to active, and a request alive at the provider that has ended
      // here.
      return isAlive(requestStatus) && requestStatus !== 'processing' ? undefined : 'check';
    case 'processing':
      return undefined;
    case 'unreadable':
      return 'check';
  }
}
