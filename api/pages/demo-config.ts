/** What the development server tells its pages, at /demo/config.json: there only, because it may hold a key. */
export interface DemoConfig {
  readonly merchantId?: string;
  readonly paymentLinkId?: string;
  readonly apiKey?: string;
  /** For the pages of a utility, where another merchant plays it. */
  readonly utilityKey?: string;
  readonly simulatorUrl?: string;
  readonly temporalUiUrl?: string;
  readonly temporalNamespace?: string;
  readonly currency?: string;
}
