/** Counters for Prometheus. Labels are routes, statuses and outcomes; never a merchant, an id or an amount. */

export interface Metrics {
  countRequest(route: string, status: number, seconds: number): void;
  countCommand(kind: string, outcome: string): void;
  countNotice(status: string): void;
  /** Text format 0.0.4, with what is counted only when somebody looks. */
  render(gauges: Readonly<Record<string, { readonly help: string; readonly value: number }>>): string;
}

export function createMetrics(): Metrics {
  const requests = new Map<string, number>();
  const seconds = new Map<string, number>();
  const commands = new Map<string, number>();
  const notices = new Map<string, number>();
  const add = (counts: Map<string, number>, labels: string, by = 1): void => {
    counts.set(labels, (counts.get(labels) ?? 0) + by);
  };
  return {
    countRequest(route, status, took) {
      add(requests, `route="${route}",status="${status}"`);
      add(seconds, `route="${route}"`, took);
    },
    countCommand: (kind, outcome) => add(commands, `kind="${kind}",outcome="${outcome}"`),
    countNotice: (status) => add(notices, `status="${status}"`),
    render(gauges) {
      const counters = [
        counter('relink_http_requests_total', 'Requests by route and status.', requests),
        counter('relink_http_request_seconds_total', 'Time spent on requests, by route.', seconds),
        counter('relink_commands_total', 'Commands by kind and what became of them here.', commands),
        counter('relink_notices_total', "Notices of the provider's callbacks by what they say.", notices),
      ];
      const now = Object.entries(gauges).map(
        ([name, { help, value }]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`,
      );
      return [...counters, ...now].join('');
    },
  };
}

function counter(name: string, help: string, values: ReadonlyMap<string, number>): string {
  const lines = [...values].map(([labels, value]) => `${name}{${labels}} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${lines.join('')}`;
}
