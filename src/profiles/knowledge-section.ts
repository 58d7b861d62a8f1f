import { z } from 'zod';

import { Duration, Size } from '../engines/settings.ts';

const Tokens = z.int().min(0).max(1_000_000);
const HostName = z
  .string()
  .regex(
    /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$/,
    'a host is a name like es.wikipedia.org, or *.wikipedia.org (with other letters than a to z: as punycode, xn--…)',
  );
const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable has letters, digits and _');
const DatabaseName = z.string().regex(/^[A-Za-z_]\w{0,62}$/, 'up to 63 letters, digits and _');

const Server = z
  .strictObject({
    url: z
      .string()
      .regex(/^wss?:\/\/[^\s/]+(?:\/\S*)?$/, 'a server is ws://HOST:PORT or wss://HOST')
      .describe('SurrealDB server'),
    namespace: DatabaseName.default('orchestrator').describe('Namespace of the server'),
    database: DatabaseName.default('main').describe('Database in it, defined beforehand'),
    userEnv: EnvironmentName.describe('Environment variable with the name of a user of this database (not of root)'),
    passwordEnv: EnvironmentName.describe('Environment variable with the password'),
  })
  .describe('A SurrealDB server (version 3.1.0 or newer), signed in as a user of one database');

const Web = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('May fetch pages when asked to; off: nothing ever leaves this machine'),
    allow: z
      .array(HostName)
      .default([])
      .describe('Hosts that may be fetched from; `*.` in front means every host below it'),
    contact: z
      .string()
      .regex(/^(?:https?:\/\/|mailto:|[!-'*-;=?A-~]+@)[!-'*-;=?-~]+$/, 'an address: a URL or e-mail, in ASCII')
      .optional()
      .describe('Sent in the User-Agent, as Wikipedia demands: where the operator can be reached'),
    sources: z
      .array(z.enum(['wikipedia', 'duckduckgo', 'searxng']))
      .default(['wikipedia'])
      .describe('Asked by `rag learn TOPIC`, in this order'),
    searxng: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('A SearXNG instance of your own'),
    autoLearn: z.boolean().default(false).describe('Ask the sources by itself where nothing was found'),
    quarantine: z.boolean().default(true).describe('What was fetched is used only after approval (rag approve)'),
    pageSize: Size.prefault('2MiB').describe('Largest page, after decompression'),
    timeout: Duration.prefault('15s').describe('For one page, redirects included'),
    maxPages: z.int().min(1).max(50).default(3).describe('Pages of one topic'),
    maxCharacters: z.int().min(1_000).max(10_000_000).default(200_000).describe('Of one page, kept'),
  })
  .prefault({})
  .describe('Learning from the web');

/** `knowledge:` of a profile. */
export const Knowledge = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Open the store; off: nothing of it is loaded'),
    byDefault: z
      .boolean()
      .default(false)
      .describe('Requests that do not say get the documents of their user (`orchestrator.knowledge` says; a key may)'),
    store: z
      .union([z.literal('embedded'), Server])
      .default('embedded')
      .describe('embedded: in the state directory'),
    embedding: z
      .string()
      .optional()
      .describe('An expert whose task is embed; without one there is search by keywords alone'),
    embeddingPrefixes: z
      .strictObject({
        query: z.string().max(200).default('').describe('In front of a question'),
        passage: z.string().max(200).default('').describe('In front of a passage'),
      })
      .optional()
      .describe('What the embedding model wants in front; default: by its name (E5, BGE, Nomic)'),
    rerank: z
      .strictObject({
        expert: z.string().describe('An expert whose task is rerank'),
        candidates: z.int().min(2).max(100).default(24).describe('Passages that it orders'),
        timeout: Duration.prefault('2s').describe('After that the order stays as it was'),
      })
      .optional()
      .describe('Order the passages found once more'),
    topK: z.int().min(1).max(50).default(6).describe('Passages that a request gets at most'),
    minSimilarity: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe('A passage counts as found from this cosine on, or where it has the rarer words of the question'),
    whenNothingFound: z
      .enum(['say', 'answer'])
      .default('say')
      .describe('say: the model is told that no document answers, and to say so. answer: it gets nothing'),
    remoteExperts: z.enum(['deny', 'allow']).default('deny').describe('Whether remote experts may see documents'),
    saveConversations: z.boolean().default(false).describe('Keep each answered question as a document of its user'),
    chunkTokens: z.int().min(50).max(2_000).default(300).describe('Size aimed at for a passage'),
    searchMemory: Size.prefault('1GiB').describe(
      'For the indexes of all users together; who was not there longest is let go',
    ),
    limits: z
      .strictObject({
        fileSize: Size.prefault('64MiB').describe('Largest file'),
        parseTime: Duration.prefault('2m').describe('For reading one file'),
        parseMemory: Size.prefault('1GiB').describe('For reading one file'),
        chunksPerUser: z.int().min(1).default(500_000).describe('Passages of one user'),
      })
      .prefault({})
      .describe('Bounds of what is read'),
    context: z
      .strictObject({
        system: Tokens.default(500).describe('What the request has as system prompt'),
        tools: Tokens.default(400).describe('Definitions of tools'),
        memory: Tokens.default(300).describe('What is remembered of the user'),
        documents: Tokens.default(1_000).describe('Passages of documents'),
        history: Tokens.default(700).describe('The conversation so far'),
        answer: Tokens.default(1_196).describe('Left for the answer'),
      })
      .prefault({})
      .describe(
        'Tokens for each part of a prompt where the context is their sum (4,096); scaled with the expert’s context',
      ),
    web: Web,
  })
  .prefault({})
  .describe('The documents of each user, in the answers that they get');
