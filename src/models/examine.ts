import { isForBitnet } from '../engines/ternary.ts';
import { isEmbedderName, isRerankerName, partNames } from '../shared/gguf-names.ts';
import { messageOf } from '../shared/errors.ts';
import type { FoundModel } from './found-models.ts';
import type { GgufShape } from './gguf-shape.ts';
import { readGgufHeader } from './gguf.ts';
import type { GgufHeader } from './gguf.ts';
import { readProjector } from './projector.ts';
import type { Projector } from './projector.ts';
import { readShape } from './read-shape.ts';

/** A found model with what its header says of it. */
export interface ExaminedModel {
  readonly found: FoundModel;
  readonly engine: 'llama-server' | 'bitnet';
  readonly task: 'generate' | 'embed' | 'rerank';
  /** Only where the file does not say it itself. */
  readonly pooling: 'mean' | 'last' | undefined;
  readonly shape: GgufShape;
  /** Undefined where there is none that fits. */
  readonly mmproj:
    | (Projector & { readonly path: string; readonly vision: boolean; readonly audio: boolean })
    | undefined;
  readonly chatTemplate: boolean;
}

export interface UnusableModel {
  readonly found: FoundModel;
  /** For a person. */
  readonly reason: string;
}

/** Files that llama.cpp's other programs, or other programs altogether, are for. */
const OTHER_ARCHITECTURES =
  /^(?:clip|mllama|flux|sd\d.*|sdxl|wan|hyvid|ltxv|aura|cosmos|lumina2|hidream|pig|t5|t5encoder|whisper|wavtokenizer-dec|diffusion)$/;

/** What a model is, by its header; or why it cannot be an expert. */
export async function examineModel(found: FoundModel): Promise<ExaminedModel | UnusableModel> {
  try {
    const header = await readGgufHeader(found.path);
    const reason = whyUnusable(header);
    if (reason !== undefined) return { found, reason };
    const shape = await readShape(found.path);
    const facts = { architecture: header.architecture, tensorTypes: new Set(header.tensors.map(({ type }) => type)) };
    return {
      found,
      engine: isForBitnet(facts) ? 'bitnet' : 'llama-server',
      ...taskOf(header, shape, found),
      shape,
      mmproj: found.mmproj === undefined ? undefined : await examineProjector(found.mmproj),
      chatTemplate: header.chatTemplate,
    };
  } catch (error) {
    return { found, reason: messageOf(error) };
  }
}

export function isUsable(model: ExaminedModel | UnusableModel): model is ExaminedModel {
  return 'shape' in model;
}

function whyUnusable(header: GgufHeader): string | undefined {
  const type = header.metadata.get('general.type');
  if (type === 'adapter') return 'it is a LoRA adapter';
  if (type === 'imatrix' || header.architecture === 'imatrix') return 'it is calibration data';
  if (OTHER_ARCHITECTURES.test(header.architecture))
    return `no engine here runs the architecture ${header.architecture}`;
  if (header.split && partNames(header.path).length !== header.split.count)
    return 'it is a part of a split model whose other parts are not named as such';
  if (!header.blockCount || !header.vocabularySize) return `it is no language model (${header.architecture})`;
  if (header.tensors.some(({ name }) => /^(?:v|mm)\./.test(name)))
    return 'its projector is inside the model file, as Ollama writes it; llama.cpp wants it as a file of its own';
  if (header.tensors.length === 0 && !header.split) return 'it has a vocabulary and no weights';
  if (header.expectedBytes > header.fileBytes)
    return `it was cut: ${header.fileBytes} of ${header.expectedBytes} bytes are here`;
  return undefined;
}

const POOLING: Readonly<Record<number, 'embed' | 'rerank'>> = { 1: 'embed', 2: 'embed', 3: 'embed', 4: 'rerank' };

function taskOf(header: GgufHeader, shape: GgufShape, { name }: FoundModel): Pick<ExaminedModel, 'task' | 'pooling'> {
  const pooling = header.metadata.get(`${header.architecture}.pooling_type`);
  const said = typeof pooling === 'number' ? POOLING[pooling] : undefined;
  if (isRerankerName(name)) return { task: 'rerank', pooling: undefined };
  if (said) return { task: said, pooling: undefined };
  if (shape.causal && !isEmbedderName(name)) return { task: 'generate', pooling: undefined };
  return { task: 'embed', pooling: shape.causal ? 'last' : 'mean' };
}

async function examineProjector(path: string): Promise<ExaminedModel['mmproj']> {
  const header = await readGgufHeader(path).catch(() => undefined);
  if (header?.architecture !== 'clip') return undefined;
  const audio = header.metadata.get('clip.has_audio_encoder') === true;
  const vision = header.metadata.get('clip.has_vision_encoder') !== false;
  return { path, ...(await readProjector(path)), vision, audio };
}
