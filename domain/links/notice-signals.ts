/** What a provider's notice makes us send. A notice is a hint: whatever it says, the request is read at the provider first. */
import { isAlive, type RequestStatus } from '../money/check-schedule.ts';

export type NoticeStatus = 'active' | 'processing' | 'settled' | 'expired' | 'cancelled' | 'unreadable';

/** Undefined: nothing is sent (protocol.md F7). `requestStatus` is how the request stands here. */
export function signalOf(notice: NoticeStatus, requestStatus: RequestStatus): 'paid' | 'expired' | 'check' | undefined {
  switch (notice) {
    case 'settled':
      return 'paid';
    case 'expired':
    case 'cancelled':
      return 'expired';
    case 'active':
      // A payment that fell back to active is worth a look, and so is a request that lives there and has ended here.
      return isAlive(requestStatus) && requestStatus !== 'processing' ? undefined : 'check';
    case 'processing':
      return undefined;
    case 'unreadable':
      return 'check';
  }
}
