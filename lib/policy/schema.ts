import { z } from 'zod';
import type { Path } from './contradictions.ts';
import { meanings } from './meanings.ts';
import { Policy } from './policy.ts';

/** A JSON Schema (draft 2020-12) of the policy file, for editors. It knows the shape, not the checks between entries. */
export function policySchema(): Schema {
  const schema = z.toJSONSchema(Policy, {
    io: 'input',
    // Lists are read-only to our code; in a file that people write the word would mean that they may not.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
  return described(schema, '');
}

type Schema = z.core.JSONSchema.JSONSchema;

/** The schema with what each key means. Done here and not key by key above, since one schema may serve several keys. */
function described(schema: Schema, key: string): Schema {
  const { properties, items } = schema;
  const meaning = meanings[key];
  return {
    ...schema,
    ...(meaning === undefined ? {} : { description: meaning }),
    ...(properties === undefined ? {} : { properties: describedKeys(properties, key === '' ? '' : `${key}.`) }),
    ...(typeof items !== 'object' || Array.isArray(items) ? {} : { items: described(items, `${key}[]`) }),
  };
}

function describedKeys(properties: NonNullable<Schema['properties']>, prefix: string): Schema['properties'] {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      typeof schema === 'boolean' ? schema : described(schema, `${prefix}${name}`),
    ]),
  );
}

/** The keys that may stand at a path of the policy; empty where no fixed keys are known. */
export function keysAt(path: Path): readonly string[] {
  let schema: unknown = policySchema();
  for (const step of path)
    schema = typeof step === 'number' ? part(schema, 'items') : part(part(schema, 'properties'), step);
  const properties = part(schema, 'properties');
  if (typeof properties === 'object' && properties !== null) return Object.keys(properties);
  const names = part(part(schema, 'propertyNames'), 'enum');
  return Array.isArray(names) ? names.map(String) : [];
}

function part(schema: unknown, name: string): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined;
  return Object.entries(schema).find(([key]) => key === name)?.[1];
}
