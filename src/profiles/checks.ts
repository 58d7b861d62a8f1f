/** What a schema cannot say: settings that must agree with one another, and with the files they name. */
import { statOf } from '../shared/stat.ts';
import type { Place, Problem } from './problems.ts';
import { problemAt } from './problems.ts';
import type { ProfileFile } from './schema.ts';
import { KNOWN_DOMAINS, UNTAUGHT_DOMAINS } from './domains.ts';
import { nearest } from './suggest.ts';
import type { Path, Tree } from './tree.ts';
import { keyPlaceOf, placeOf, treeAt } from './tree.ts';

type Check = (profile: ProfileFile, tree: Tree) => Problem[];

/** Each is small, and all are run. */
export const CHECKS: readonly Check[] = [
  checkExpertsExist,
  checkNames,
  checkDefaultExpert,
  checkDomains,
  checkHelpers,
  checkHelpersAreHere,
  checkKeys,
  checkTemplates,
  checkPools,
];

function checkExpertsExist(profile: ProfileFile, tree: Tree): Problem[] {
  if (Object.keys(profile.experts).length > 0) return [];
  const hint = profile.modelsDir === undefined ? '' : ', and `modelsDir` has no GGUF file';
  return [problemAt(placeOf(tree, ['experts']), ['experts'], `a profile has at least one expert${hint}`)];
}

/** Ids, aliases, patterns and variants are one name space, in which `auto` is ours. */
function checkNames(profile: ProfileFile, tree: Tree): Problem[] {
  const owners = new Map<string, string>([['auto', 'the choice of an expert by the orchestrator']]);
  const problems: Problem[] = [];
  const claim = (name: string, place: Place, path: Path, owner: string) => {
    const other = owners.get(name);
    if (other === undefined) owners.set(name, owner);
    else problems.push(problemAt(place, path, `the name "${name}" is taken: it stands for ${other}`));
  };
  // Ids first, so that the blame falls upon the alias.
  const experts = Object.entries(profile.experts);
  for (const [id] of experts) claim(id, keyPlaceOf(tree, ['experts', id]), ['experts', id], `the expert ${id}`);
  for (const [id, { aliases, variants }] of experts) {
    for (const name of Object.keys(variants)) {
      const path = ['experts', id, 'variants', name];
      claim(name, keyPlaceOf(tree, path), path, `a variant of ${id}`);
    }
    for (const [index, name] of aliases.entries()) {
      const path = ['experts', id, 'aliases', String(index)];
      claim(name, placeOf(tree, path), path, `an alias of ${id}`);
    }
  }
  return problems;
}

function checkDefaultExpert({ router, experts }: ProfileFile, tree: Tree): Problem[] {
  const id = router.default;
  if (id === undefined) return [];
  const path = ['router', 'default'];
  const expert = Object.hasOwn(experts, id) ? experts[id] : undefined;
  if (!expert) {
    return [problemAt(placeOf(tree, path), path, 'no expert has this id', nearest(id, Object.keys(experts)))];
  }
  if (expert.task === 'generate') return [];
  return [
    problemAt(placeOf(tree, path), path, `the task of ${id} is ${expert.task}; the default expert must generate`),
  ];
}

/** A domain without examples of it is one that no request is ever of. */
function checkDomains({ router, experts }: ProfileFile, tree: Tree): Problem[] {
  const all = Object.entries(experts);
  const taught = [
    ...Object.keys(router.domains),
    ...all.flatMap(([, { utterances }]) => Object.keys(utterances ?? {})),
  ];
  const known = [...new Set([...KNOWN_DOMAINS, ...taught])];
  const fits = all.flatMap(([id, { fit }]) => Object.keys(fit).map((domain) => ['experts', id, 'fit', domain]));
  const unknown = fits.filter((path) => !known.includes(path.at(-1) ?? ''));
  const lessons = [
    ...Object.keys(router.domains).map((domain) => ['router', 'domains', domain]),
    ...all.flatMap(([id, { utterances }]) =>
      Object.keys(utterances ?? {}).map((domain) => ['experts', id, 'utterances', domain]),
    ),
  ];
  return [
    ...unknown.map((path) => {
      const domain = path.at(-1) ?? '';
      const message = `no such domain; it has ${known.join(', ')}. One of your own needs utterances: router.domains.${domain}`;
      return problemAt(keyPlaceOf(tree, path), path, message, nearest(domain, known));
    }),
    ...lessons
      .filter((path) => UNTAUGHT_DOMAINS.includes(path.at(-1) ?? ''))
      .map((path) => {
        const message = `${path.at(-1)} is told by ${path.at(-1) === 'multimodal' ? 'an image' : 'the language'}: examples change nothing`;
        return problemAt(keyPlaceOf(tree, path), path, message);
      }),
  ];
}

/** Every passage of every document passes through them, and what every user says. */
function checkHelpersAreHere({ knowledge, memory, experts }: ProfileFile, tree: Tree): Problem[] {
  const named: [path: string[], id: string | undefined, sees: string][] = [
    [['knowledge', 'embedding'], knowledge.embedding, 'every document'],
    [['knowledge', 'rerank', 'expert'], knowledge.rerank?.expert, 'every document'],
    [['memory', 'expert', 'id'], memory.expert?.id, 'what every user says'],
  ];
  const isAllowed = { knowledge: knowledge.remoteExperts === 'allow', memory: memory.remoteExperts === 'allow' };
  return named.flatMap(([path, id, sees]) => {
    const section = path[0] === 'memory' ? 'memory' : 'knowledge';
    const expert = id !== undefined && Object.hasOwn(experts, id) ? experts[id] : undefined;
    if (expert?.engine !== 'remote' || isAllowed[section]) return [];
    const message = `${id} runs elsewhere and would see ${sees}; if it may, say so in \`${section}\`: \`remoteExperts: allow\``;
    return [problemAt(placeOf(tree, path), path, message)];
  });
}

/** Experts that are named for what they do must do it. */
function checkHelpers({ router, knowledge, memory, experts }: ProfileFile, tree: Tree): Problem[] {
  const named: [path: string[], id: string | undefined, task: 'embed' | 'rerank' | 'generate'][] = [
    [['router', 'embedding', 'expert'], router.embedding?.expert, 'embed'],
    [['knowledge', 'embedding'], knowledge.embedding, 'embed'],
    [['knowledge', 'rerank', 'expert'], knowledge.rerank?.expert, 'rerank'],
    [['memory', 'expert', 'id'], memory.expert?.id, 'generate'],
  ];
  return named.flatMap(([path, id, task]) => {
    if (id === undefined) return [];
    const fit = Object.keys(experts).filter((other) => experts[other]?.task === task);
    if (fit.includes(id)) return [];
    const expert = Object.hasOwn(experts, id) ? experts[id] : undefined;
    const message = expert ? `the task of ${id} is ${expert.task}; it must ${task}` : 'no expert has this id';
    return [problemAt(placeOf(tree, path), path, message, expert ? undefined : nearest(id, fit))];
  });
}

function checkKeys({ security, experts }: ProfileFile, tree: Tree): Problem[] {
  if (security.auth === 'keys' && security.keys.length === 0) {
    const path = ['security', 'auth'];
    return [problemAt(placeOf(tree, path), path, 'auth is keys, but `security.keys` names none: nobody could get in')];
  }
  const names = security.keys.map(({ env }) => env);
  const twice = names.flatMap((name, index) => {
    const path = ['security', 'keys', String(index), 'env'];
    return names.indexOf(name) === index ? [] : [problemAt(placeOf(tree, path), path, `${name} is listed twice`)];
  });
  const unknown = security.keys.flatMap((key, index) =>
    (key.experts ?? []).flatMap((id, place) => {
      const path = ['security', 'keys', String(index), 'experts', String(place)];
      if (Object.hasOwn(experts, id)) return [];
      return [problemAt(placeOf(tree, path), path, 'no expert has this id', nearest(id, Object.keys(experts)))];
    }),
  );
  return [...twice, ...unknown];
}

function checkTemplates({ experts }: ProfileFile, tree: Tree): Problem[] {
  return Object.entries(experts).flatMap(([id, { chatTemplate }]) => {
    const path = ['experts', id, 'chatTemplate'];
    if (chatTemplate === undefined || statOf(chatTemplate)?.isFile()) return [];
    const node = treeAt(tree, path);
    const shown = node?.kind === 'scalar' && node.origin ? node.origin.reference : chatTemplate;
    return [problemAt(placeOf(tree, path), path, `there is no such file: ${shown}`)];
  });
}

/** An expert that names a GPU means one that is counted. */
function checkPools({ budget, experts }: ProfileFile, tree: Tree): Problem[] {
  const pools = Object.entries(budget).flatMap(([id, pool]) => (typeof pool === 'object' ? [id] : []));
  const known = pools.length > 0 ? `it has ${pools.join(', ')}` : 'it has none';
  return Object.entries(experts).flatMap(([id, { gpus, footprint }]) => {
    const named = [
      ...(Array.isArray(gpus) ? gpus.map((pool, index) => [String(pool), ['gpus', String(index)]] as const) : []),
      ...Object.keys(footprint ?? {}).map((pool) => [pool, ['footprint', pool]] as const),
    ];
    return named.flatMap(([pool, rest]) => {
      const path = ['experts', id, ...rest];
      if (pools.includes(pool)) return [];
      return [problemAt(placeOf(tree, path), path, `\`budget\` has no pool ${pool} (${known})`, nearest(pool, pools))];
    });
  });
}
