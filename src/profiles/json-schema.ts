import { z } from 'zod';

import { EXPERT_SCHEMAS, ProfileFile } from './schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

const REFERENCE = '#/definitions/reference';

/**
 * The JSON schema for editors: what a person may write in one file. So nothing is required of an expert there (`extends`,
 * `defaults` and `--set` may bring it), `null` takes away what is inherited, and any value may come from the environment.
 */
export function profileJsonSchema(): JsonSchema {
  // By their shapes alone: how keys must agree with one another, a JSON schema does not say.
  const expert = z.union([...EXPERT_SCHEMAS.map(({ shape }) => z.strictObject(shape).partial()), z.null()]);
  const file = ProfileFile.omit({ experts: true }).extend({
    experts: z.record(ProfileFile.shape.experts.keyType, expert).optional().describe('The experts by id'),
  });
  const schema = z.toJSONSchema(file, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => admitReferences(jsonSchema),
  });
  const definitions = {
    ...(schema.definitions as Record<string, JsonSchema> | undefined),
    reference: {
      type: 'string',
      pattern: '\\$\\{[A-Za-z_]\\w*(:-[^}]*)?\\}',
      description: 'A value from the environment',
    },
  } as const;
  return { ...schema, title: 'Orchestrator profile', definitions };
}

/** `${NAME:-4}` may stand where a number, a duration or one of a few words is expected. */
function admitReferences(schema: JsonSchema): void {
  const { description, default: preset, ...own } = schema;
  const isFree = own.type === 'string' && !own.pattern && !own.format && !own.enum;
  const isScalar = ['string', 'integer', 'number', 'boolean'].includes(String(own.type)) && own.const === undefined;
  if (!isScalar || isFree) return;
  for (const key of Object.keys(schema)) delete schema[key as keyof JsonSchema];
  Object.assign(
    schema,
    description === undefined ? {} : { description },
    preset === undefined ? {} : { default: preset },
  );
  schema.anyOf = [own, { $ref: REFERENCE }];
}
