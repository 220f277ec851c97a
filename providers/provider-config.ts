/**
 * The description of a provider's settings, in the provider's folder. config.ts reads the environment by it and knows
 * no provider.
 */
import type { z } from 'zod';

export type GivenVariables = Readonly<Record<string, string | undefined>>;

export interface ProviderConfig<Variables extends z.ZodObject = z.ZodObject, Settings extends object = object> {
  /** Variable names, unique among all providers. .env.example explains each. */
  readonly variables: Variables;
  /** Keys, certificates and secrets may stand in a file, named by the same variable with _FILE. */
  readonly fromFile: readonly (keyof z.output<Variables> & string)[];
  /** Groups of variables that must be set together. */
  readonly together: readonly (readonly (keyof z.output<Variables> & string)[])[];
  /** Names of settings, at any depth, whose values are never printed. */
  readonly secrets: readonly string[];
  /** The reasons why production refuses the settings: plain sentences, each naming its variable. */
  unfitForProduction(given: GivenVariables): readonly string[];
  settingsFrom(values: z.output<Variables>): Settings;
}
