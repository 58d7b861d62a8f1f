import { Command } from 'commander';
import { stringify } from 'yaml';

import { listProfiles, profileFolders } from '../profiles/find.ts';
import { profileJsonSchema } from '../profiles/json-schema.ts';
import { loadProfile, resolveProfile } from '../profiles/load.ts';
import type { Problem } from '../profiles/problems.ts';
import { ProfileError } from '../profiles/problems.ts';
import { describeProfile } from '../profiles/show.ts';
import { messageOf } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { refuseMisfits } from '../supervisor/budget-check.ts';
import type { InitOptions } from './profile-init.ts';
import { profileUseCommand } from './profile-use.ts';
import { whyUnknown } from './unknown-memory.ts';

/** `orchestrator profile …`: what profiles there are, what they say, and whether they are right. Only `use` needs a running orchestrator. */
export function profileCommand(): Command {
  const command = new Command('profile').description('list, show, check, create and switch profiles');
  command
    .command('list')
    .description('the profiles that can be named: your own, the machine’s, and those that come with the program')
    .option('--json', 'print JSON')
    .action(list);
  command
    .command('show')
    .description('a profile as it is used: extends, environment, --set and defaults worked in')
    .argument('<profile>', 'name or file')
    .option('--json', 'print JSON in place of YAML')
    .option('--set <key=value>', 'lay a setting upon the file; may be repeated', collect, [])
    .addHelpText('after', examples('profile show demo', 'profile show demo --set budget.maxLoadedExperts=1'))
    .action(show);
  command
    .command('validate')
    .description('check profiles, and that each expert fits into its budget; exit code 78 where one is invalid')
    .argument('<profiles...>', 'names or files')
    .option('--json', 'print JSON')
    .option('--set <key=value>', 'lay a setting upon each file; may be repeated', collect, [])
    .addHelpText('after', examples('profile validate demo ./mine.yaml'))
    .action(validate);
  command
    .command('schema')
    .description('print the JSON schema of profiles, for editors')
    .action(() => print(JSON.stringify(profileJsonSchema(), null, 2)));
  command
    .command('init')
    .description(
      'write a profile for this machine: its memory, and the GGUF files that are on it (in the caches of the hub and of llama.cpp, ' +
        'in Ollama’s and LM Studio’s stores, in folders named), used where they lie; never overwrites',
    )
    .argument('[file]', 'where to', 'orchestrator.yaml')
    .option('--models <folder>', 'look for GGUF files here too, and below; may be repeated', collect, [])
    .option('--from-llama-swap <file>', 'convert a configuration of llama-swap instead')
    .option('--json', 'print what was found and what fits with what as JSON')
    .addHelpText(
      'after',
      examples(
        'profile init mine.yaml',
        'profile init mine.yaml --models ~/models --models /mnt/llms',
        'profile init mine.yaml --from-llama-swap config.yaml',
      ),
    )
    .action(async (target: string, options: InitOptions) => {
      // It looks into model files: not for every command to load.
      await (await import('./profile-init.ts')).initProfile(target, options);
    });
  command.addCommand(profileUseCommand());
  return command;
}

async function list({ json }: { json?: true }): Promise<void> {
  const found = await listProfiles(profileFolders(process.env));
  const rows = await Promise.all(
    found.map(async ({ name, file, origin }) => {
      const profile = await loadProfile(file, { environment: process.env }).catch((error: unknown) => messageOf(error));
      if (typeof profile === 'string') return { name, origin, file, valid: false, description: null, experts: [] };
      const experts = profile.experts.map(({ id }) => id);
      return { name, origin, file, valid: true, description: profile.description ?? null, experts };
    }),
  );
  if (json) return print(JSON.stringify(rows, null, 2));
  const width = Math.max(...rows.map(({ name }) => name.length), 4);
  for (const { name, origin, valid, description, experts } of rows) {
    const what = valid ? (description ?? experts.join(', ')) : `invalid: orchestrator profile validate ${name}`;
    print(`${name.padEnd(width)}  ${origin.padEnd(7)}  ${what}`);
  }
}

async function show(name: string, { json, set }: { json?: true; set: string[] }): Promise<void> {
  const resolved = await resolveProfile(name, { environment: process.env, set });
  const shown = describeProfile(resolved);
  if (json) return print(JSON.stringify({ file: resolved.profile.file, ...shown }, null, 2));
  print(`# ${resolved.profile.file}\n${stringify(shown, { aliasDuplicateObjects: false, lineWidth: 120 })}`.trimEnd());
}

interface Verdict {
  profile: string;
  valid: boolean;
  problems: readonly Problem[];
  /** What could not be checked. */
  notes: readonly string[];
}

async function validate(names: string[], { json, set }: { json?: true; set: string[] }): Promise<void> {
  const verdicts: Verdict[] = [];
  const errors: ProfileError[] = [];
  for (const name of names) {
    const found = await check(name, set).catch(asProfileError);
    const error = found instanceof ProfileError ? found : undefined;
    if (error) errors.push(error);
    const notes = found instanceof ProfileError ? [] : found;
    verdicts.push({ profile: name, valid: !error, problems: error?.problems ?? [], notes });
    if (json || error) continue;
    print(`${name}: valid`);
    for (const note of notes) console.error(`  note: ${note}`);
  }
  if (json) print(JSON.stringify(verdicts, null, 2));
  if (errors.length > 0) throw new ProfileError(errors.flatMap(({ problems }) => problems));
}

/**
 * Every setting, and whether each expert fits into the budget, by file or shape record, on a machine as the profile describes it.
 * Answers what could not be checked.
 */
async function check(name: string, set: readonly string[]): Promise<string[]> {
  const profile = await loadProfile(name, { environment: process.env, set });
  const places = { paths: resolvePaths(process.env), environment: process.env };
  const unknown = await refuseMisfits(profile, { ...places, machine: 'there' });
  return unknown.map((id) => `whether ${id} fits is not known: ${whyUnknown(id, profile, places)}`);
}

function asProfileError(error: unknown): ProfileError {
  if (error instanceof ProfileError) return error;
  throw error;
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ orchestrator ${line}`).join('\n')}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
