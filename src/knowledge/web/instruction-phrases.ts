/**
 * Phrases that speak to a model instead of a reader, in English and Spanish, and the marks by which engines tell who speaks. They are
 * looked for in folded text: lower case, without accents, in one form. Every repetition is bounded, so that no text takes long.
 */
const BETWEEN = String.raw`(?:[\w'’]+[\s,]+){0,4}`;
const FEW = String.raw`(?:[\w'’-]+\s+){0,2}`;
const MODEL = String.raw`(?:a\.?i\.?(?:\s+(?:assistants?|models?|agents?|systems?))?|llms?|(?:large\s+)?language\s+models?|chat\s?bots?|assistants?|chatgpt|gpt)`;
const MODELO = String.raw`(?:i\.?a\.?|inteligencia\s+artificial|modelos?\s+de\s+lenguaje|asistentes?|chat\s?bots?|llms?|chatgpt|gpt)`;

const ENGLISH = [
  String.raw`(?:ignore|disregard|forget|override|bypass|discard|do\s+not\s+follow|don['’]t\s+follow)\s+${BETWEEN}(?:previous|prior|above|preceding|earlier|foregoing|existing|original|system|your|these|those)\s+${FEW}(?:instructions?|prompts?|rules|directions|guidelines|commands|directives|context|messages?|programming|training)`,
  String.raw`(?:ignore|disregard|forget)\s+(?:everything|all|anything)\s+(?:above|before|previously|you(?:['’]ve|\s+have)?\s+(?:were|been)\s+told|(?:that\s+)?(?:came|was\s+said)\s+before)`,
  String.raw`you\s+are\s+(?:now|no\s+longer)\s+${FEW}(?:${MODEL}|dan|unrestricted|unfiltered|jailbroken|bound\s+by|in\s+(?:developer|admin|debug|god)\s+mode)`,
  String.raw`(?:your|the)\s+(?:new|real|actual|true|updated)\s+(?:instructions?|task|role|objective|goal|system\s+prompt)\s*(?:is|are|:)`,
  String.raw`new\s+(?:system\s+)?instructions?\s*:`,
  String.raw`(?:reveal|print|show|repeat|output|leak|disclose|expose|tell\s+me)\s+${BETWEEN}(?:system\s+prompt|initial\s+prompt|hidden\s+prompt|(?:your|hidden|system)\s+(?:initial\s+|original\s+)?instructions)`,
  String.raw`if\s+you\s+are\s+(?:an?\s+)?${FEW}${MODEL}\b`,
  String.raw`(?:act|behave|respond|answer|pretend)\s+(?:as\s+(?:if\s+you\s+(?:are|were)\s+)?|to\s+be\s+|you\s+are\s+)(?:an?\s+|the\s+)?${FEW}(?:${MODEL}|dan|jailbroken|unrestricted)\b`,
  String.raw`(?:do\s+not|don['’]t|never|without)\s+(?:tell|inform|mention|reveal|warn|alert|notify|ask|telling|informing|mentioning|revealing|warning|alerting|notifying|asking)\s+${FEW}the\s+user`,
  String.raw`from\s+now\s+on,?\s+(?:you\s+(?:will|must|are|should|shall)|always|never|only|respond|answer|reply)`,
  String.raw`(?:important\s+)?(?:instructions?|messages?|notes?|notice|attention|directives?)\s*(?:for|to|:)\s+(?:all\s+|any\s+|the\s+)?${MODEL}(?:\s+(?:reading|processing|summari[sz]ing|crawling)|\s*[:,.!])`,
  String.raw`(?:end|begin(?:ning)?|start)\s+of\s+(?:the\s+)?(?:system\s+(?:prompt|message|instructions)|user\s+(?:input|message|query)|untrusted\s+\w+)`,
  String.raw`(?:developer|jailbreak|god|debug)\s+mode\s+(?:enabled|activated|is\s+(?:now\s+)?on)|do\s+anything\s+now`,
];

const SPANISH = [
  String.raw`(?:ignora|ignore|ignorad|ignoren|olvida|olvide|olvidad|olviden|descarta|descarte|desobedece|omite|omita|haz\s+caso\s+omiso\s+(?:de|a)|no\s+hagas\s+caso\s+(?:de|a)|no\s+sigas|no\s+tengas\s+en\s+cuenta)\s+${BETWEEN}(?:instrucciones|indicaciones|ordenes|reglas|directrices|mensajes|contexto|prompts?)\s+(?:\w+\s+)?(?:anterior(?:es)?|previ[ao]s?|precedentes?|iniciales|originales|recibidas|de\s+arriba|del\s+sistema|que\s+(?:te|se\s+te|has|hayas))`,
  String.raw`(?:ignora|olvida|descarta|omite)\s+(?:(?:todas?|cualquier)\s+)?(?:(?:tus|las\s+anteriores|las\s+previas)\s+${FEW}(?:instrucciones|indicaciones|ordenes|reglas|directrices)|todo\s+lo\s+(?:anterior|que\s+(?:te|se\s+te)))`,
  String.raw`(?:ahora\s+eres|eres\s+ahora|ya\s+no\s+eres)\s+(?:un\s+|una\s+|el\s+|la\s+)?${FEW}(?:${MODELO}|modelo|agente|bot|dan)\b`,
  String.raw`(?:tus?|las|el)\s+(?:nuev[ao]s?|verdader[ao]s?|autentic[ao]s?)\s+(?:instruccion(?:es)?|tarea|rol|papel|objetivo|mision)\s*(?:es|son|:)`,
  String.raw`nuevas\s+instrucciones\s*(?:del\s+sistema\s*)?:`,
  String.raw`(?:revela|muestra|imprime|repite|dime|escribe|ensena)\s+${BETWEEN}(?:prompt\s+(?:del\s+sistema|inicial|oculto)|instrucciones\s+(?:del\s+sistema|iniciales|ocultas|secretas)|tus\s+instrucciones)`,
  String.raw`si\s+eres\s+(?:un\s+|una\s+)?${FEW}${MODELO}\b`,
  String.raw`(?:actua|comportate|responde|contesta|finge)\s+(?:como\s+(?:si\s+fueras\s+)?|ser\s+|que\s+eres\s+)(?:un\s+|una\s+|el\s+|la\s+)?${FEW}(?:${MODELO}|dan|sin\s+restricciones)\b`,
  String.raw`(?:no\s+(?:se\s+lo\s+)?(?:digas|informes|menciones|reveles|avises|adviertas|preguntes)|sin\s+(?:decir(?:lo|selo|le)?|informar|mencionar|revelar|avisar|advertir|preguntar)(?:selo|le)?)\s+${BETWEEN}al?\s+(?:el\s+)?usuario`,
  String.raw`(?:a\s+partir\s+de\s+ahora|de\s+ahora\s+en\s+adelante|desde\s+ahora),?\s+(?:eres|debes|tienes\s+que|responde(?:ras)?|contesta(?:ras)?|actua(?:ras)?|siempre|nunca|solo)`,
  String.raw`(?:instrucciones|mensajes?|avisos?|notas?|atencion)\s*(?:importantes?\s+)?(?:para|:)\s+(?:tod[oa]s?\s+)?(?:el\s+|la\s+|los\s+|las\s+|cualquier\s+)?${MODELO}(?:\s+que\s+|\s*[:,.!])`,
  String.raw`(?:fin|final|inicio|comienzo)\s+(?:del?|de\s+las?)\s+(?:prompt\s+del\s+sistema|instrucciones\s+del\s+sistema|mensaje\s+del\s+usuario)`,
  String.raw`modo\s+(?:desarrollador|depuracion|administrador|jailbreak)\s+(?:activado|habilitado)`,
];

/** Of the templates of Llama, Gemma, Mistral, Qwen, DeepSeek, Phi and their like. */
const MARKS = [
  String.raw`<\|[a-z][a-z_0-9▁ ]{1,40}\|>`,
  String.raw`\[/?inst\]|<</?sys>>|</?(?:start|end)_of_(?:turn|text|image)>|<(?:bos|eos)>|\[/?(?:available_tools|tool_calls|tool_results|system_prompt)\]`,
  String.raw`</?(?:tool_call|tool_response|function_calls?|system[-_ ]?(?:prompt|message|reminder)?|assistant|think|thinking)>`,
  String.raw`^[ \t>*]*#{2,4}\s*(?:system|instructions?|assistant|response|human|user|sistema|instruccion(?:es)?|asistente|usuario)\s*:`,
  String.raw`^[ \t>*]*\[?(?:assistant|human|asistente)\]?\s*:\s`,
  String.raw`^[ \t>*]*\[?(?:system|developer|sistema)(?:\s+(?:prompt|message|override))?\]?\s*:\s*(?:you|your|ignore|disregard|from|always|never|do|act|the\s+(?:user|assistant)|tu|tus|usted|eres|ignora|debes|siempre|nunca|actua|el\s+(?:usuario|asistente))\b`,
];

const PHRASES = new RegExp(
  [...[...ENGLISH, ...SPANISH].map((phrase) => String.raw`(?<![\w-])(?:${phrase})`), ...MARKS].join('|'),
  'gm',
);

/** Where in the folded text a phrase stands, from the first character of one to the last. */
export function findInstructions(folded: string): readonly { readonly start: number; readonly end: number }[] {
  return [...folded.matchAll(PHRASES)].map(({ index, 0: match }) => ({ start: index, end: index + match.length }));
}

/** Letters of other alphabets that look like Latin ones. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  ѕ: 's',
  і: 'i',
  ј: 'j',
  ԁ: 'd',
  һ: 'h',
  ո: 'n',
  α: 'a',
  ε: 'e',
  ο: 'o',
  ρ: 'p',
  ι: 'i',
  ν: 'v',
  κ: 'k',
  τ: 't',
  ı: 'i',
};

const LINK = /\[([^[\]\n]{0,300})\]\([^()\s]{0,500}\)/g;
/** What Markdown makes bold or code with, and the backslash in front of what it is to leave alone. */
const MARKUP = /\\(?=[\p{P}\p{S}])|[*`~]/gu;

/** A line as it is compared: without markup, one form of letters, no accents, no look-alikes. */
export function fold(text: string): string {
  return text
    .replaceAll(LINK, '$1')
    .replaceAll(MARKUP, '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{Script=Latin}\P{L}]/gu, (letter) => LOOKALIKES[letter] ?? letter);
}
