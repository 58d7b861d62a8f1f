/** Longer messages say something. */
const MOST_CHARACTERS = 60;
const MOST_WORDS = 7;

const words = (text: string) => text.trim().split(/\s+/);

/** One of these, and nothing that says more: the request goes on with what was talked about. Without accents. */
const SAYS_GO_ON = new Set(
  words(`
  si s ok okay okey vale venga dale claro exacto correcto perfecto genial gracias bueno bien listo adelante continua continue continuemos
  continuar continuad sigue seguir siga sigamos prosigue procede mas otra otro siguiente repite repitelo arreglalo arregla corrigelo corrige
  hazlo hagamoslo intentalo reintenta pruebalo prueba mejoralo explicalo explicate explica aplicalo termina terminalo acaba funciona falla
  no nop nope porque que
  yes y yep yeah yup sure fine great thanks thank perfect right correct good cool done proceed next more another again retry go keep
  fix redo repeat finish why works work fails fail doesn't doesnt didn't didnt exactly agreed resume resumes
  ja oui sim weiter suite d'accord
`),
);
/** They add nothing to it. */
const ADDS_NOTHING = new Set(
  words(`
  por favor pues y o lo la le me te se el eso esto ese esta este todo a de en con ya asi mismo misma tambien ahora entonces vez nuevo
  parte pero muy mucho muchas mal aun todavia no va hay error sale porfa hacerlo haz
  please so and or it that this them all the a an on to do does did doing is still not now just then one time part you can could
  try ahead going with of up working don't dont isn't isnt ty pls plz
`),
);

/** A message that says no more than "go on" ("sí, continúa", "ok", "fix it", "👍"): it inherits. A question of its own does not. */
export function isAcknowledgement(text: string): boolean {
  if (text.length > MOST_CHARACTERS) return false;
  const plain = text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const found = plain.match(/[\p{L}\p{N}']+/gu) ?? [];
  // A lone sign: a question mark, a thumb.
  if (found.length === 0) return text.trim() !== '';
  if (found.length > MOST_WORDS) return false;
  return (
    found.some((word) => SAYS_GO_ON.has(word)) && found.every((word) => SAYS_GO_ON.has(word) || ADDS_NOTHING.has(word))
  );
}
