/** All that an engine, and a command that ends one, inherits from us: no key and no token of this process. */
export function baseEnvironment(environment: NodeJS.ProcessEnv, stateDir: string): Record<string, string> {
  return { PATH: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', HOME: stateDir, LANG: 'C.UTF-8' };
}
