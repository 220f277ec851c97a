/** How a payment request and a return stand at a provider, in our words. Each provider maps its own to these. */

export type ProviderStatus = 'active' | 'processing' | 'settled' | 'expired' | 'cancelled';

export type ProviderReturnStatus = 'pending' | 'completed' | 'failed';

/** It can be paid, or is being paid. */
export function isAliveThere(status: ProviderStatus): boolean {
  switch (status) {
    case 'active':
    case 'processing':
      return true;
    case 'settled':
    case 'expired':
    case 'cancelled':
      return false;
  }
}
