/** The commented profile that `profile init` writes. A test loads it. */
export function starterProfile(name: string, schemaPath: string): string {
  return `# yaml-language-server: $schema=${schemaPath}
#
# A profile: what this machine may load, and its experts. Check it with: orchestrator profile validate FILE
# Durations and sizes have units (30s, 5m; 512MiB, 8GiB). Values may come from the environment: \${NAME:-default}
name: ${name}
description: My machine

# To build upon another profile and write only what differs (null takes something away):
# extends: demo

budget:
  maxLoadedExperts: 2       # processes at the same time; the longest unused one makes room

defaults:                   # for every expert that does not say otherwise
  engine: llama-server      # or command (any server, by argv), remote (an endpoint elsewhere)
  context: 8192             # tokens for each request
  parallel: 2               # requests at the same time
  idleUnload: 5m            # or never
  gpuLayers: auto           # all: refuse to start without a GPU

experts:
  assistant:
    description: Answers questions
    aliases: [default]      # further names in requests; patterns too: gpt-4*
    model:
      # A repository of the hub and a file in it, got with: orchestrator model pull assistant
      hf: bartowski/microsoft_Phi-4-mini-instruct-GGUF
      file: microsoft_Phi-4-mini-instruct-Q4_K_M.gguf
      # Or a file that is here already, relative to this one:
      # path: models/my-model.gguf
    request: { temperature: 0.3 }     # used where the client sets none
    # variants:                       # further names for the same process
    #   assistant-creative: { request: { temperature: 0.9 } }
    # chatTemplate: my-template.jinja # else the model's own
    # llama-server: { flashAttention: on, flags: [--mlock] }

  # embeddings:
  #   task: embed
  #   model: { path: models/embedding.gguf }
  #   llama-server: { pooling: mean }

  # elsewhere:
  #   engine: remote
  #   url: https://api.example.com/v1
  #   keyEnv: EXAMPLE_API_KEY
  #   remoteModel: big-model

router:
  default: assistant        # answers where a request names no model

# Needed to listen on anything but loopback. The keys themselves are in the environment.
# security:
#   auth: keys
#   keys:
#     - { env: ORCHESTRATOR_KEY, user: me, admin: true }
`;
}
