/** Completion scripts from a description of the commands. Pure text. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface OptionTree {
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface CommandTree {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionTree[];
  /** Values of its argument, where only some are allowed. */
  readonly choices: readonly string[];
  readonly takesExpert: boolean;
  readonly commands: readonly CommandTree[];
}

/** The script for one shell. */
export function completionScript(shell: Shell, program: CommandTree): string {
  switch (shell) {
    case 'bash':
      return bash(program);
    case 'zsh':
      return zsh(program);
    case 'fish':
      return fish(program);
  }
}

/** Names of experts, quietly: nothing where none runs. */
const EXPERTS = `orchestrator status --json 2>/dev/null | sed -n 's/^      "id": "\\(.*\\)",$/\\1/p'`;

interface Place {
  /** `engine install`; empty for the program itself. */
  readonly path: string;
  readonly command: CommandTree;
}

function places(command: CommandTree, path = ''): Place[] {
  const below = command.commands.flatMap((child) => places(child, path === '' ? child.name : `${path} ${child.name}`));
  return [{ path, command }, ...below];
}

const flagsOf = (command: CommandTree) => [...command.options.flatMap((option) => option.flags), '--help'];
const isExpertOption = (option: OptionTree) => option.flags.includes('--model');
const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function bash(program: CommandTree): string {
  const all = places(program);
  const words = all.map(({ path, command }) => {
    const next = [...command.commands.map((child) => child.name), ...command.choices];
    return `    ${quote(path)}) words=${quote([...next, ...flagsOf(command)].join(' '))}; experts=${command.takesExpert ? 1 : ''} ;;`;
  });
  return `# bash completion for orchestrator; load it with: source <(orchestrator completion bash)
_orchestrator() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} place= word words experts
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$place\${place:+ }$word" in
      ${all.flatMap(({ path }) => (path === '' ? [] : [quote(path)])).join('|')}) place="$place\${place:+ }$word" ;;
    esac
  done
  case "$place:$previous" in
${valueCases(all)}
  esac
  case $place in
${words.join('\n')}
  esac
  [[ $experts && $current != -* ]] && words+=" $(${EXPERTS})"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _orchestrator orchestrator
`;
}

function valueCases(all: readonly Place[]): string {
  const cases = all.flatMap(({ path, command }) =>
    command.options
      .filter((option) => option.takesValue)
      .map((option) => {
        const pattern = option.flags.map((flag) => quote(`${path}:${flag}`)).join('|');
        const values =
          isExpertOption(option) && path === 'chat' ? `"auto $(${EXPERTS})"` : quote(option.choices.join(' '));
        const reply = values === "''" ? '' : ` COMPREPLY=($(compgen -W ${values} -- "$current"));`;
        return `    ${pattern})${reply} return ;;`;
      }),
  );
  return cases.join('\n');
}

function zsh(program: CommandTree): string {
  const describeAll = (items: readonly (readonly [string, string])[]) =>
    items.map(([name, summary]) => quote(`${name.replaceAll(':', '\\:')}:${summary}`)).join(' ');
  const cases = places(program).map(({ path, command }) => {
    const names = [
      ...command.commands.map((child) => [child.name, child.summary] as const),
      ...command.choices.map((choice) => [choice, ''] as const),
    ];
    const options = [
      ...command.options.flatMap((option) => option.flags.map((flag) => [flag, option.summary] as const)),
      ['--help', 'print the help'] as const,
    ];
    return `    ${quote(path)}) words_=(${describeAll(names)}); options=(${describeAll(options)}); experts=${command.takesExpert ? 1 : ''} ;;`;
  });
  const known = places(program).flatMap(({ path }) => (path === '' ? [] : [quote(path)]));
  return `#compdef orchestrator
# zsh completion for orchestrator
_orchestrator() {
  local place= word experts
  local -a words_ options names
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place\${place:+ }$word" in
      ${known.join('|')}) place="$place\${place:+ }$word" ;;
    esac
  done
  case "$place:\${words[CURRENT-1]}" in
    'chat:-m'|'chat:--model') names=(auto \${(f)"$(${EXPERTS})"}); compadd -a names; return ;;
  esac
  case $place in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe option options
    return
  fi
  (( \${#words_} )) && _describe command words_
  if [[ -n $experts ]]; then
    names=(\${(f)"$(${EXPERTS})"})
    compadd -a names
  fi
  (( \${#words_} )) || [[ -n $experts ]] || _files
}
if [ "$funcstack[1]" = "_orchestrator" ]; then _orchestrator "$@"; else compdef _orchestrator orchestrator; fi
`;
}

function fish(program: CommandTree): string {
  const lines = places(program).flatMap(({ path, command }) => {
    const seen = path.split(' ').filter(Boolean);
    const here = [
      ...seen.map((word) => `__fish_seen_subcommand_from ${word}`),
      ...(command.commands.length > 0
        ? [`not __fish_seen_subcommand_from ${command.commands.map((child) => child.name).join(' ')}`]
        : []),
    ].join('; and ');
    const start = `complete -c orchestrator -n ${quote(here === '' ? 'true' : here)}`;
    return [
      ...command.commands.map((child) => `${start} -f -a ${child.name} -d ${quote(child.summary)}`),
      ...(command.choices.length > 0 ? [`${start} -f -a ${quote(command.choices.join(' '))}`] : []),
      ...(command.takesExpert ? [`${start} -f -a ${quote(`(${EXPERTS})`)}`] : []),
      ...command.options.map((option) => {
        const flags = option.flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const expert = isExpertOption(option) && path === 'chat' ? ` -f -a ${quote(`auto (${EXPERTS})`)}` : '';
        const choices = option.choices.length > 0 ? ` -f -a ${quote(option.choices.join(' '))}` : '';
        return `${start} ${flags.join(' ')}${option.takesValue ? ' -r' : ''}${expert}${choices} -d ${quote(option.summary)}`;
      }),
    ];
  });
  return `# fish completion for orchestrator\n${lines.join('\n')}\n`;
}
