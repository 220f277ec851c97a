/**
 * What a provider has to be told, in its own folder's words. config.ts reads the environment by it and knows no
 * provider.
 */
import type { z } from 'zod';

export type GivenVariables = Readonly<Record<string, string | undefined>>;

export interface ProviderConfig<Variables extends z.ZodObject = z.ZodObject, Settings extends object = object> {
  /** Names that no other provider has for something else. .env.example explains each. */
  readonly variables: Variables;
  /** Keys, certificates and secrets may stand in a file, named by the same variable with _FILE. */
  readonly fromFile: readonly (keyof z.output<Variables> & string)[];
  /** Variables that mean something only together. */
  readonly together: readonly (readonly (keyof z.output<Variables> & string)[])[];
  /** Names of settings, at any depth, whose values are never printed. */
  readonly secrets: readonly string[];
  /** Why production refuses them: plain sentences, each naming its variable. */
  unfitForProduction(given: GivenVariables): readonly string[];
  settingsFrom(values: z.output<Variables>): Settings;
}
