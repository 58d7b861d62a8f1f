import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { profileJsonSchema } from '../../../src/profiles/json-schema.ts';
import { starterProfile } from '../../../src/profiles/starter.ts';
import { packageRoot } from '../../../src/shared/package-root.ts';

const PROFILES = join(packageRoot(), 'profiles');
const SHIPPED = readdirSync(PROFILES).filter((file) => file.endsWith('.yaml'));

/** As an editor sees it. */
const editor = z.fromJSONSchema(JSON.parse(JSON.stringify(profileJsonSchema())));

describe('the JSON schema of profiles', () => {
  it('on disk is the one of the code (else: npm run schema)', () => {
    const written = readFileSync(join(PROFILES, 'profile.schema.json'), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(profileJsonSchema())));
  });

  it('describes every field', () => {
    const undescribed: string[] = [];
    const walk = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, value] of Object.entries(schema)) {
        if (key === 'properties') {
          for (const [name, field] of Object.entries(value as Record<string, { description?: string }>)) {
            if (!field.description) undescribed.push(`${path}.${name}`);
          }
        }
        walk(value, key === 'properties' ? path : `${path}.${key}`);
      }
    };
    walk(profileJsonSchema(), '');
    expect(undescribed).toEqual([]);
  });

  it.each(SHIPPED)('accepts %s, which names it in its first line', (file) => {
    const text = readFileSync(join(PROFILES, file), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./profile.schema.json');
    expect(editor.safeParse(parse(text)).error?.issues).toBeUndefined();
  });

  it('accepts what a file may say that builds upon another, and values from the environment', () => {
    const text =
      'extends: demo\nqueue: { age: "${AGE:-5s}" }\nexperts: { general: { context: "${CTX:-512}" }, coder: null }';
    expect(editor.safeParse(parse(text)).error?.issues).toBeUndefined();
    expect(editor.safeParse(parse(starterProfile('x', './s.json'))).error?.issues).toBeUndefined();
  });

  it.each(['colour: red', 'queue: { age: 5 }', 'experts: { a: { engine: lama } }', 'experts: { a: { contxt: 5 } }'])(
    'refuses %s',
    (text) => {
      expect(editor.safeParse(parse(text)).success).toBe(false);
    },
  );
});
