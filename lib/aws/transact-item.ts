import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Change, Condition, Item, Key, Value, Write } from '../hold/table.ts';

/** One write as the document client's `TransactWrite` takes it. */
export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * A write of ours in DynamoDB's expressions. Every attribute name is aliased (hold, open, status, owner, data, token and
 * count are reserved words), every value is a parameter.
 */
export function transactItem(write: Write, tableName: string): TransactItem {
  const aliases = makeAliases();
  const target = { TableName: tableName, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  if ('put' in write) {
    const condition = conditionPart(write.when, aliases);
    return { Put: { ...target, Item: withoutEmptySets(write.put), ...condition, ...aliases.parts() } };
  }
  if ('update' in write) {
    const UpdateExpression = updateExpression(write.change, aliases);
    const condition = conditionPart(write.when, aliases);
    return { Update: { ...target, Key: keyOf(write.update), UpdateExpression, ...condition, ...aliases.parts() } };
  }
  if ('delete' in write) {
    const condition = conditionPart(write.when, aliases);
    return { Delete: { ...target, Key: keyOf(write.delete), ...condition, ...aliases.parts() } };
  }
  const ConditionExpression = conditionExpression(write.when, aliases);
  return { ConditionCheck: { ...target, Key: keyOf(write.check), ConditionExpression, ...aliases.parts() } };
}

type Aliases = ReturnType<typeof makeAliases>;

function makeAliases() {
  const names = new Map<string, string>();
  const values = new Map<string, Value>();
  return {
    name(name: string): string {
      const alias = names.get(name) ?? `#n${names.size}`;
      names.set(name, alias);
      return alias;
    },
    value(value: Value): string {
      const alias = `:v${values.size}`;
      values.set(alias, value);
      return alias;
    },
    /** DynamoDB refuses an empty map, so a map without entries is left out. */
    parts() {
      const namesByAlias = Object.fromEntries([...names].map(([name, alias]) => [alias, name]));
      return {
        ...(names.size === 0 ? {} : { ExpressionAttributeNames: namesByAlias }),
        ...(values.size === 0 ? {} : { ExpressionAttributeValues: Object.fromEntries(values) }),
      };
    },
  };
}

function conditionPart(when: Condition | undefined, aliases: Aliases) {
  return when === undefined ? {} : { ConditionExpression: conditionExpression(when, aliases) };
}

function conditionExpression(when: Condition, aliases: Aliases): string {
  const { name, value } = aliases;
  if ('exists' in when) return `attribute_exists(${name(when.exists)})`;
  if ('absent' in when) return `attribute_not_exists(${name(when.absent)})`;
  if ('equals' in when) return `${name(when.equals[0])} = ${value(when.equals[1])}`;
  if ('most' in when) return `${name(when.most[0])} <= ${value(when.most[1])}`;
  if ('least' in when) return `${name(when.least[0])} >= ${value(when.least[1])}`;
  if ('contains' in when) return `contains(${name(when.contains[0])}, ${value(when.contains[1])})`;
  const [conditions, word] = 'all' in when ? [when.all, 'AND'] : [when.any, 'OR'];
  const parts = conditions.map((part) => conditionExpression(part, aliases));
  // Of nothing, all are true and none is; DynamoDB has no word for either. One part alone may not stand in parentheses twice.
  if (parts.length === 0) {
    const pk = name('pk');
    return `(attribute_exists(${pk}) ${word === 'AND' ? 'OR' : 'AND'} attribute_not_exists(${pk}))`;
  }
  return parts.length === 1 ? parts.join('') : `(${parts.join(` ${word} `)})`;
}

function updateExpression(change: Change, { name, value }: Aliases): string {
  const set = Object.entries(change.set ?? {});
  const kept = set.filter(([, to]) => to !== undefined && !isEmptySet(to));
  const emptied = set.filter(([, to]) => isEmptySet(to)).map(([attribute]) => attribute);
  const clauses: readonly (readonly [verb: string, parts: readonly string[]])[] = [
    ['SET', kept.map(([attribute, to]) => `${name(attribute)} = ${value(to)}`)],
    ['REMOVE', [...(change.remove ?? []), ...emptied].map(name)],
    [
      'ADD',
      [...Object.entries(change.add ?? {}), ...setsOf(change.unite)].map(
        ([attribute, by]) => `${name(attribute)} ${value(by)}`,
      ),
    ],
    ['DELETE', setsOf(change.subtract).map(([attribute, taken]) => `${name(attribute)} ${value(taken)}`)],
  ];
  return clauses
    .filter(([, parts]) => parts.length > 0)
    .map(([verb, parts]) => `${verb} ${parts.join(', ')}`)
    .join(' ');
}

// To unite with nothing or to take nothing away changes nothing, and DynamoDB knows no empty set.
function setsOf(lists: Change['unite']): readonly (readonly [string, ReadonlySet<string>])[] {
  return Object.entries(lists ?? {})
    .filter(([, elements]) => elements.length > 0)
    .map(([attribute, elements]) => [attribute, new Set(elements)]);
}

function withoutEmptySets(item: Item): Item {
  return { ...Object.fromEntries(Object.entries(item).filter(([, to]) => !isEmptySet(to))), pk: item.pk, sk: item.sk };
}

function isEmptySet(value: Value | undefined): boolean {
  return value instanceof Set && value.size === 0;
}

function keyOf({ pk, sk }: Key): { pk: string; sk: string } {
  return { pk, sk };
}
