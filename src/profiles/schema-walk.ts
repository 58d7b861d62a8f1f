import type { z } from 'zod';

type Schema = z.core.$ZodTypes;

/** The object schemas that may stand at `path` of a value, e.g. those of the engine that `experts.x` names. */
export function shapesAt(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): z.core.$ZodShape[] {
  const { def } = (schema as Schema)._zod;
  const [key, ...rest] = path;
  if ('innerType' in def) return shapesAt(def.innerType, path, value);
  if (def.type === 'union') return optionsFor(def, value).flatMap((option) => shapesAt(option, path, value));
  if (def.type === 'object' && key === undefined) return [def.shape];
  const below = key === undefined ? undefined : schemaBelow(def, key);
  return key !== undefined && below ? shapesAt(below, rest, childOf(value, key)) : [];
}

function schemaBelow(def: Schema['_zod']['def'], key: PropertyKey): z.core.$ZodType | undefined {
  if (def.type === 'object') return def.shape[String(key)];
  if (def.type === 'record') return def.valueType;
  return def.type === 'array' ? def.element : undefined;
}

/** Of a discriminated union only the branch that the value names. */
function optionsFor(def: z.core.$ZodUnionDef, value: unknown): readonly z.core.$ZodType[] {
  const { discriminator } = def as z.core.$ZodDiscriminatedUnionDef;
  if (discriminator === undefined) return def.options;
  const named = childOf(value, discriminator);
  return def.options.filter((option) => option._zod.propValues?.[discriminator]?.has(named as string));
}

function childOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
}
