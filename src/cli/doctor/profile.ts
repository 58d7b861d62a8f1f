import { findOwnProgram, findProgram, listBuilds } from '../../binaries/builds.ts';
import { queryGpus, readGpus } from '../../binaries/nvidia-smi.ts';
import { probeProgram } from '../../binaries/probe.ts';
import { thisMachine } from '../../binaries/processor.ts';
import type { ProcessAdapter } from '../../engines/contract.ts';
import type { ExpertModel } from '../../engines/expert-models.ts';
import { modelsOf } from '../../engines/expert-models.ts';
import { adapterOf } from '../../engines/registry.ts';
import { locatePart } from '../../models/expert-files.ts';
import { headerFacts } from '../../models/header-facts.ts';
import { locateModel } from '../../models/locate.ts';
import { formOf, howToGet } from '../../models/missing.ts';
import { describeSource, filesOf } from '../../models/sources.ts';
import { profileArgument } from '../../profiles/find.ts';
import { loadProfile } from '../../profiles/load.ts';
import { ProfileError } from '../../profiles/problems.ts';
import type { Expert, ProcessExpert, Profile } from '../../profiles/profile.ts';
import { AppError, messageOf } from '../../shared/errors.ts';
import type { Paths } from '../../shared/paths.ts';
import { formatBytes } from '../../shared/units.ts';
import { refuseMisfits } from '../../supervisor/budget-check.ts';
import { noProgram } from '../../supervisor/missing-parts.ts';
import { readMachineMemory } from '../../supervisor/machine-memory.ts';
import { readRuntimeFile } from '../runtime-file.ts';
import { fail, ok, type Check, warn } from './check.ts';
import { checkIdentity } from './identity.ts';
import { checkKnowledge } from './knowledge.ts';
import { checkMemory } from './memory.ts';
import { checkPools } from './pools.ts';

export interface ProfileChecks {
  readonly name: string;
  readonly paths: Paths;
  readonly environment: NodeJS.ProcessEnv;
}

/** The profile, and what its experts need: engine programs, model files, keys. */
export async function checkProfile(options: ProfileChecks): Promise<Check[]> {
  let profile: Profile;
  try {
    profile = await loadProfile(options.name, { environment: options.environment });
  } catch (error) {
    return [
      fail(
        'profile',
        messageOf(error),
        `Mend the file; \`orchestrator profile validate ${options.name}\` checks it again.`,
      ),
    ];
  }
  return [
    ok('profile', `${profile.name} is valid: ${profile.experts.map(({ id }) => id).join(', ')}.`),
    ...checkIdentity(profile, options.environment, options.paths.stateDir),
    ...(await checkEngines(profile, options)),
    ...checkModels(profile, options),
    ...checkFolders(profile, options),
    ...checkKnowledge(profile, options.environment),
    ...checkMemory(profile),
    ...(await checkBudget(profile, options)),
    ...profile.experts.flatMap((expert) => checkRemote(expert, options.environment)),
  ];
}

/** What there is of each pool, and whether each expert can ever be loaded into them on this machine. */
async function checkBudget(profile: Profile, { paths, environment }: ProfileChecks): Promise<Check[]> {
  const pools = Object.keys(profile.budget.pools);
  if (pools.length === 0) return [];
  const gpus = pools.some((pool) => pool !== 'ram') ? await queryGpus({ environment }) : undefined;
  const running = readRuntimeFile(paths.stateDir) !== undefined;
  const amounts = checkPools(profile, { machine: readMachineMemory(), gpus, running });
  try {
    const unknown = await refuseMisfits(profile, { paths, environment, machine: 'here', gpus });
    const seen = gpus?.problem ? 'as the profile counts them' : 'of this machine';
    const fitting =
      profile.experts.length > unknown.length ? `Every expert fits into ${pools.join(', ')} ${seen}.` : '';
    const open = unknown.length > 0 ? `Of ${unknown.join(', ')} it is not known yet what it takes.` : '';
    return [...amounts, ok('budget', [fitting, open].filter(Boolean).join(' '))];
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    const remedy = 'Lower context or parallel, take a smaller file or kvCache: q8_0, or raise the pool in `budget`.';
    return [...amounts, ...error.problems.map(({ message }) => fail('budget', message, remedy))];
  }
}

/** Each program once, however many experts run on it. */
async function checkEngines(profile: Profile, { paths, environment }: ProfileChecks): Promise<Check[]> {
  const checks = new Map<string, Check>();
  const refused = new Map<string, string>();
  for (const expert of profile.experts) {
    const adapter = adapterOf(expert.engine);
    if (adapter.kind !== 'process' || expert.kind !== 'process') continue;
    const { check, preflight } = await checkEngine(expert, adapter, profile.directory, { paths, environment });
    checks.set(check.sentence, check);
    if (!preflight) continue;
    // What keeps several from starting is told in full once.
    const reason = `${preflight.sentence} ${preflight.fix}`.replace(expert.id, '');
    const first = refused.get(reason) ?? expert.id;
    refused.set(reason, first);
    const same = first === expert.id ? {} : { sentence: `The same as with ${first}.`, fix: 'As there.' };
    checks.set(preflight.about, { ...preflight, ...same });
  }
  return [...checks.values()];
}

/** What is told as one text: the sentence, and what follows it as the thing to do. */
function told(text: string): [sentence: string, fix: string] {
  const [sentence = text, ...rest] = text.split(/(?<=\.) (?=[A-Z])/);
  return [sentence, rest.join(' ') || 'The sentence names the setting or command.'];
}

async function checkEngine(
  expert: ProcessExpert,
  adapter: ProcessAdapter,
  profileDirectory: string,
  { paths, environment }: Pick<ProfileChecks, 'paths' | 'environment'>,
): Promise<{ check: Check; preflight?: Check | undefined }> {
  const file = adapter.modelForm === 'folder' ? undefined : expert.model;
  const model = file && locateModel(file, { paths, profileDirectory });
  const facts = {
    machine: thisMachine(),
    header: model && (await headerFacts(model.path)),
    gpus: adapter.readsGpus ? await readGpus(environment) : undefined,
  };
  const about = `engine ${adapter.name}`;
  const { program: name } = adapter;
  if (name === undefined) {
    const own = adapter.ownProgram?.(expert);
    const path = own && findOwnProgram(own, environment);
    const check =
      own && path === undefined
        ? fail(about, ...told(`${expert.id} cannot start: ${noProgram(own.name)}`))
        : ok(about, `${expert.id} brings its own command${path === undefined ? '' : `: ${path}`}.`);
    return { check, preflight: refusalOf(undefined) };
  }
  const installed = listBuilds(name, paths).map((build) => build.name);
  try {
    const [build, binary] = [adapter.build(expert), adapter.binary(expert)];
    const program = await probeProgram(await findProgram(name, { build, binary, paths, environment }), {
      paths,
      questions: adapter.probe,
    });
    const devices = program.devices.map((device) => `${device.name} (${device.description})`).join(', ') || 'no GPU';
    const others = installed.length > 1 ? `; installed: ${installed.join(', ')}` : '';
    return {
      check: ok(about, `${program.version}, ${devices}, at ${program.path}${others}.`),
      preflight: refusalOf(program),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { check: fail(about, ...told(error.message)) };
  }

  function refusalOf(program: Parameters<typeof adapter.preflight>[1]): Check | undefined {
    const refusal = adapter.preflight(expert, program, facts);
    if (refusal) return fail(`expert ${expert.id}`, ...told(refusal.message));
    const advice = adapter.advice?.(expert, program, facts);
    return advice === undefined ? undefined : warn(`expert ${expert.id}`, ...told(advice));
  }
}

/** Each file once, with the experts that it is for. */
function checkModels(profile: Profile, { paths, environment }: ProfileChecks): Check[] {
  const experts = new Map<string, ExpertModel & { ids: string[] }>();
  const places = { paths, profileDirectory: profile.directory };
  for (const expert of profile.experts) {
    if (expert.kind !== 'process' || hasFolder(expert)) continue;
    for (const { role, model } of modelsOf(expert)) {
      const key = filesOf(model, places).weights[0].path;
      const known = experts.get(key);
      if (known) known.ids.push(expert.id);
      else experts.set(key, { role, model, ids: [expert.id] });
    }
  }
  return [...experts].map(([path, { role, model, ids }]) => {
    const about = `${role} of ${ids.join(', ')}`;
    const size = model.size === undefined ? '' : ` (${formatBytes(model.size)})`;
    if (locateModel(model, places)) return ok(about, `${path} is here${size}.`);
    if (model.path !== undefined) {
      return fail(
        about,
        `${path} is not there, or has not the size that the profile says${size}.`,
        'Correct its `path` in the profile.',
      );
    }
    const from = filesOf(model, places).weights[0].sources.map(describeSource).join(', or ');
    const profileName = profileArgument(profile.file, environment);
    return fail(
      about,
      `${model.file ?? path}${size} is not on this machine; it comes from ${from}.`,
      `orchestrator model pull ${ids[0] ?? ''} --profile ${profileName}`,
    );
  });
}

/** Models and adapters that are folders of weights. */
function checkFolders(profile: Profile, { environment, paths }: ProfileChecks): Check[] {
  const places = { profileDirectory: profile.directory, environment, paths };
  return profile.experts.flatMap((expert) => {
    if (expert.kind !== 'process' || !hasFolder(expert)) return [];
    return modelsOf(expert).map((part) => {
      const about = `${part.role} of ${expert.id}`;
      const located = locatePart(part, 'folder', places);
      const size = located?.bytes === undefined ? '' : ` (${formatBytes(located.bytes)})`;
      if (located) return ok(about, `${located.path} is here${size}.`);
      const { model } = part;
      const remedy = howToGet(
        { id: expert.id, model, form: 'folder' },
        { ...places, profile: profileArgument(profile.file, environment) },
      );
      return fail(about, `${model.path ?? model.hf ?? ''} is not on this machine.`, remedy);
    });
  });
}

function hasFolder(expert: Expert): boolean {
  return formOf(expert.engine) === 'folder';
}

function checkRemote(expert: Expert, environment: NodeJS.ProcessEnv): Check[] {
  const adapter = adapterOf(expert.engine);
  if (adapter.kind !== 'remote') return [];
  const missing = adapter.requiredEnvironment(expert).filter((variable) => !environment[variable]);
  if (missing.length === 0)
    return [ok(`remote ${expert.id}`, `${adapter.origin(expert)}; it is asked for nothing here.`)];
  return missing.map((variable) =>
    fail(
      `remote ${expert.id}`,
      `${variable} is not set; it holds the key of ${adapter.origin(expert)}.`,
      `Set ${variable} before \`orchestrator up\`.`,
    ),
  );
}
