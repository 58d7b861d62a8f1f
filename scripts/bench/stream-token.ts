/** One token of a streamed chat completion, as llama-server sends it. */
export const TOKEN_FRAME = `data: ${JSON.stringify({
  choices: [{ finish_reason: null, index: 0, delta: { content: ' token' } }],
  created: 1_790_000_000,
  id: 'chatcmpl-0123456789abcdef0123456789abcdef',
  model: 'stub',
  system_fingerprint: 'b11669-Debian',
  object: 'chat.completion.chunk',
})}\n\n`;
