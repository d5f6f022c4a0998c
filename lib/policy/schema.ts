import { z } from 'zod';
import type { Path } from './contradictions.ts';
import { Policy } from './policy.ts';

/** A JSON Schema (draft 2020-12) of the policy file, for editors. It knows the shape, not the checks between entries. */
export function policySchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(Policy, {
    io: 'input',
    // Lists are read-only to our code; in a file that people write the word would mean that they may not.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
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
