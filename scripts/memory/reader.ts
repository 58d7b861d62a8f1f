import { readCommands } from '../../src/memory/extract/commands.ts';
import { extract } from '../../src/memory/extract/extract.ts';
import type { MessageReader } from '../../src/memory/open-memory.ts';

/** As the product reads messages. */
export const reader: MessageReader = { extract, commands: ({ text, before }) => readCommands(text, before) };
