/**
 * What the page reads of the HTTP API and of the bank's control API: types only, for the checker; browsers never load
 * it.
 */

export interface Amount {
  readonly currency: string;
  readonly value: string;
}

/** Served at /demo/config.json in development only, which is why it may hold a key. */
export interface DemoConfig {
  readonly apiKey: string;
  /** Of the utility of `npm run demo:utility`, once that has run: its pages show its bills. */
  readonly utilityKey?: string;
  readonly simulatorUrl: string;
  /** Absent: the page takes the first till, or opens one. */
  readonly paymentLinkId?: string;
  readonly temporalUiUrl?: string;
  readonly temporalNamespace?: string;
  readonly currency?: string;
}

export interface PaymentLink {
  readonly id: string;
  readonly label: string;
  readonly status: 'opening' | 'free' | 'linking' | 'linked' | 'attention' | 'retired';
  readonly because?: string | null;
  readonly currentPaymentRequestId?: string | null;
  readonly qr?: { readonly text: string } | null;
  readonly workflowId: string;
}

export interface PaymentRequest {
  readonly id: string;
  readonly status: 'linking' | 'active' | 'processing' | 'paid' | 'underpaid' | 'expired' | 'cancelled' | 'refused';
  readonly because?: string | null;
  readonly revision: number;
  readonly amount: Amount;
  readonly reference: string;
  readonly expiresAt?: string | null;
}

export interface TimelineEntry {
  readonly id: number;
  readonly at: string;
  readonly what: string;
  readonly sentence: string;
  readonly actor?: string | null;
}

/** What is to blame: a field of a body, a parameter of an address, or a line of a file and its column. */
export interface Blame {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly line?: number;
  readonly column?: string;
  readonly detail?: string;
}

/** RFC 9457, with all that is to blame. */
export interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly Blame[];
}

/** What the payer's banking app shows. */
export interface Scan {
  readonly payable: boolean;
  readonly sentence?: string;
  readonly amount?: Amount;
  readonly payee?: string;
  readonly reference?: string;
  readonly description?: string;
}

/** The bank's receipt, or why it refuses. */
export interface Receipt {
  readonly amount?: Amount;
  readonly sentence?: string;
}

export interface FaultsInForce {
  readonly callbacks?: { readonly does?: string };
}
