/** What the development server tells its pages, at /demo/config.json: there only, because it may hold a key. */
export interface DemoConfig {
  readonly merchantId?: string;
  readonly paymentLinkId?: string;
  readonly apiKey?: string;
  /** The key for the utility's pages, where the utility is another merchant. */
  readonly utilityKey?: string;
  readonly simulatorUrl?: string;
  readonly temporalUiUrl?: string;
  readonly temporalNamespace?: string;
  readonly currency?: string;
}
