import { describe, expect, it } from 'vitest';

import { extract } from '../../../../src/memory/extract/extract.ts';

/** A Saturday. */
const AT = Date.UTC(2026, 10, 21, 12);

/** The last of `said` after the others, in their order; `before`: what the assistant said last. */
function kept(said: readonly string[], before: string | null = null): string {
  const [text = '', ...earlier] = said.toReversed();
  return extract({ text, at: AT, conversation: null, request: null, before, earlier })
    .map(
      ({ attribute, negated, subject, value }) =>
        `${negated ? '-' : ''}${subject === 'user' ? '' : `${subject}.`}${attribute}=${value}`,
    )
    .toSorted()
    .join('; ');
}

describe('a game or an exercise that was set up some turns ago', () => {
  it.each<[string, string]>([
    ['Actúa como mi profesor de inglés. Yo soy tu alumno y me llamo John.', 'I live in London and I work in a bank'],
    ['Imagínate que soy un caballero medieval y tú mi escudero. Empieza.', 'vivo en Toledo y mi padre es el rey'],
    ['hagamos un juego de rol, eres camarero', 'soy vegano, que tienes'],
    ['tú eres mi entrevistador y yo seré el candidato', 'me llamo Luis y soy piloto'],
    ['vamos a practicar inglés un rato', 'I am from Cuenca'],
    ['traduce al inglés todo lo que te escriba', 'vivo en Lugo'],
    ['simula una entrevista de trabajo', 'trabajo en Zara'],
    ["you are my interview coach. i'll play the candidate", "my name is Alex and i'm a pilot"],
    ["Pretend you're a detective and I'm the suspect.", 'I live alone with my cat'],
    ["let's do a role play, you're a waiter", 'I am allergic to nuts'],
    ["let's practice Spanish", 'vivo en Boston'],
    ['correct whatever I write', 'I live in Leeds'],
    ['act as a grumpy landlord', 'I work as a nurse'],
    ["let's write a story together", 'I was born in Atlantis'],
  ])('"%s" – "%s" says nothing of the user, however often something stands between', (setup, message) => {
    expect(kept([setup, message])).toBe('');
    expect(kept([setup, 'ok', 'otra', message])).toBe('');
  });

  it.each<[string, string, string, string]>([
    ['hagamos un juego de rol, eres camarero', 'lo dejamos aquí, gracias', 'soy vegano', 'diet=vegano'],
    ['actúa como mi profesor de inglés', 'fin del ejercicio', 'vivo en Lugo', 'residence=Lugo'],
    ['you are my interview coach', "thanks, that's enough", 'I live in Leeds', 'residence=Leeds'],
    ["let's do a role play, you're a waiter", 'ok end scene', "I'm vegan", 'diet=vegan'],
  ])('"%s" is over with "%s": "%s" is %s', (setup, end, message, expected) => {
    expect(kept([setup, message])).toBe('');
    expect(kept([setup, end, message])).toBe(expected);
  });

  it('leaves free what is said behind its end, and by the way', () => {
    const setup = 'Imagínate que soy un caballero y tú mi escudero.';
    expect(kept([setup, 'vale lo dejamos. vivo en Lugo'])).toBe('residence=Lugo');
    expect(kept(["pretend you're a pirate", 'Aye. By the way, I live in Leeds'])).toBe('residence=Leeds');
    expect(kept([setup, 'jaja vale lo dejamos, tengo que irme'])).toBe('');
  });

  it.each<[string, string, string]>([
    ['Actúa como un experto en marketing', 'vivo en Lugo', 'residence=Lugo'],
    ['eres un nutricionista con 20 años de experiencia', 'soy vegana', 'diet=vegana'],
    ['me gustan los juegos de rol', 'vivo en Lugo', 'residence=Lugo'],
    ['mi profesor de inglés es de Leeds', 'vivo en Lugo', 'residence=Lugo'],
    ['quiero practicar tenis', 'vivo en Lugo', 'residence=Lugo'],
    ['tengo una entrevista el lunes', 'vivo en Lugo', 'residence=Lugo'],
    ['Act as a senior tax lawyer', 'I live in Leeds', 'residence=Leeds'],
    ['I have a mock interview tomorrow', 'I live in Leeds', 'residence=Leeds'],
    ['imagine a list of numbers, how do I sort it', "I'm a nurse", 'occupation=nurse'],
    ['explain it as if I were five', "I'm a nurse", 'occupation=nurse'],
    ['my English teacher says I should read more', 'I live in Leeds', 'residence=Leeds'],
    ["I'll be a guest at a wedding", "I'm vegan", 'diet=vegan'],
  ])('is not "%s": "%s" is %s', (earlier, message, expected) => {
    expect(kept([earlier, message])).toBe(expected);
  });
});

describe('a text that is worked on', () => {
  it.each<[string[], string | null]>([
    [['how do i say i am a nurse', 'so soy enfermera. does it need una?'], '"Soy enfermera" o "soy enfermero".'],
    [['traduce al inglés: "hola"', 'y esto: mi mujer es enfermera'], '"Hello".'],
    [['traduce al inglés: "hola"', 'y esto: "mi hijo come"', 'y esta: vivo en Lugo'], null],
    [['me corriges un texto?', 'me llamo Ana y vivo en Lugo'], 'Claro, pásame el texto.'],
    [['can you translate something for me', 'I live in Leeds'], 'Of course! Please paste the text.'],
    [['como se dice "soy de Lugo"', 'I am from Lugo. está bien dicho?'], null],
  ])('%j says nothing of the user', (said, before) => {
    expect(kept(said, before)).toBe('');
  });

  it('does not keep the words of the assistant that are given back', () => {
    expect(kept(['what now', 'I am from Lugo'], 'Say "I am from Lugo" aloud.')).toBe('');
    expect(kept(['what now', 'I am from Lugo'], 'Say where you are from.')).toBe('origin=Lugo');
  });

  it.each<[string[], string | null, string]>([
    [['traduce al inglés: "hola"', 'vivo en Lugo, cuando llueve aqui?'], '"Hello".', 'residence=Lugo'],
    [['translate "hola"', 'thanks! I live in Leeds'], 'Hello.', 'residence=Leeds'],
    [['fix this function: f(x)', "I'm a nurse, so why does it fail"], null, 'occupation=nurse'],
    [['what does "gato" mean', 'my cat is called Miso'], 'Cat.', 'cat.name=Miso'],
  ])('%j is over with its answer', (said, before, expected) => {
    expect(kept(said, before)).toBe(expected);
  });
});

describe('of whom is spoken some messages later', () => {
  it.each<[string[], string | null, string]>([
    [['un poema para mi abuela', 'más triste', 'no tanto. se llama Carmen'], null, 'grandmother.name=Carmen'],
    [['un regalo para mi padre', 'le encanta la pesca'], '¿Qué le gusta?', 'father.likes=la pesca'],
    [['mi hija no duerme bien', 'tiene 3 años'], null, 'daughter.age=3'],
    [['busco plan con mi hermana', 'vive en Lugo'], null, 'sister.residence=Lugo'],
    [['what do I buy for my sister', 'under 50', 'she lives in Glasgow'], null, 'sister.residence=Glasgow'],
    [['a gift for my grandad', 'he loves chess'], null, 'grandfather.likes=chess'],
    [['dinner with my mum and my brother', "he's vegan"], null, 'brother.diet=vegan'],
    [['dinner with my mum and my brother', "she's vegan"], null, 'mother.diet=vegan'],
    [['vamos a Portugal con los niños', 'Hugo tiene 9 y Vera 4'], null, 'child.age=Hugo 9; child.age=Vera 4'],
    [['a trip with our kids', 'Tom is 9 and Lily is 4'], null, 'child.age=Lily 4; child.age=Tom 9'],
  ])('%j is of them', (said, before, expected) => {
    expect(kept(said, before)).toBe(expected);
  });

  it.each<[string[], string | null]>([
    [['un regalo para mi padre', 'ella vive en Lugo'], null],
    [['a gift for my grandad', 'she loves chess'], null],
    [['a gift for my grandad', 'it is vegan'], null],
    [['cena con mi madre y mi hermana', 'vive en Lugo'], null],
    [['un regalo para mi padre', 'es italiano'], null],
    [['un coche para mi padre', 'tiene 10 años'], null],
    [['a gift for my sister', 'a', 'b', 'c', 'd', 'she lives in Glasgow'], null],
    [['hola', 'se llama Carmen'], null],
    [['what is a good book', 'Tom is 9 and Lily is 4'], null],
    [['vamos con los niños', 'Windows tiene 9 versiones'], null],
  ])('%j is of nobody in particular', (said, before) => {
    expect(kept(said, before)).toBe('');
  });

  it('is the user where the user says so', () => {
    expect(kept(['a gift for my sister', 'I live in Leeds'])).toBe('residence=Leeds');
    expect(kept(['un regalo para mi padre', 'vivo en Lugo'])).toBe('residence=Lugo');
  });
});

describe('a correction of what was said before', () => {
  it.each<[string[], string]>([
    [['tengo 41 años', 'perdón 42, que los cumplí ayer'], 'age=42'],
    [['tengo 41 años', 'gracias', 'perdón, 42'], 'age=42'],
    [['vivo en Gijón', 'bueno en Oviedo, digo Gijón porque curro allí'], 'residence=Oviedo'],
    [['vivo en Gijón', 'quise decir Oviedo'], 'residence=Oviedo'],
    [['me llamo Marta', 'perdón, María'], 'name=María'],
    [['soy vegana', 'al final como huevos eh, digamos vegetariana mejor que vegana'], '-diet=vegana; diet=vegetariana'],
    [
      ['mi jefa se llama Karen', 'perdona, ahora es Priya, mi jefa ahora es Priya'],
      '-boss.name=Karen; boss.name=Priya',
    ],
    [
      ['me gusta el té verde por las tardes', 'ya no tomo té, me sentaba mal'],
      '-likes=el té verde por las tardes; -likes=té',
    ],
    [['I live in Lisbon', 'I meant Porto'], 'residence=Porto'],
    [['vivo en Gijón, digo Oviedo'], 'residence=Oviedo'],
    [['me llamo Ana, perdón, Eva'], 'name=Eva'],
    [['I live in Lisbon, I mean Porto'], 'residence=Porto'],
    [['soy de Lugo', 'no de Lugo, de Vigo'], 'origin=Vigo'],
    [['soy alérgico a las nueces', 'al final no soy alérgico a las nueces'], '-allergy=nueces'],
    [['I am allergic to nuts', "turns out I'm not allergic to nuts"], '-allergy=nuts'],
    [['I play tennis', "I don't play tennis"], '-hobby=tennis'],
    [['tengo un iPhone', 'he vendido el iPhone'], '-uses=un iPhone'],
    [['I drive a Golf', 'we sold the Golf last week'], '-vehicle=a Golf'],
    [["I'm going to Rome in May", 'we cancelled the Rome trip'], '-plan=Rome'],
    [
      ['always answer in Spanish', 'from now on answer in English'],
      '-instruction=in Spanish; instruction=answer in English',
    ],
    [['mi hermano vive en Lugo', 'mi hermano se ha mudado a Vigo'], '-brother.residence=Lugo; brother.residence=Vigo'],
    [['trabajo en Zara', 'no en Zara no, en Mango'], 'employer=Mango'],
    [['I work at Google', 'not Google, at Apple'], 'employer=Apple'],
    [["I'm 30", '31 actually'], 'age=31'],
    [['vivo en Gijón', 'Oviedo, perdón'], 'residence=Oviedo'],
    [['my daughter is 3', 'sorry, 4'], '-daughter.age=3; daughter.age=4'],
    [['my sister lives in Leeds', 'sorry, in York'], '-sister.residence=Leeds; sister.residence=York'],
    [['I live in Lisbon', 'ok', 'sorry, Porto'], 'residence=Porto'],
    [["I'm 41", 'oops, 42'], 'age=42'],
    [["I'm vegan", 'well, vegetarian instead of vegan'], '-diet=vegan; diet=vegetarian'],
    [
      ['my boss is Karen', 'actually scratch that, Karen left in march, my boss is now Priya'],
      '-boss.name=Karen; boss.name=Priya',
    ],
  ])('%j', (said, expected) => {
    expect(kept(said)).toBe(expected);
  });

  it.each<[string[]]>([
    [['tengo 41 años', 'perdón, 42 euros cuesta?']],
    [['tengo 41 años', 'perdón, gracias']],
    [['vivo en Gijón', 'perdón, un error']],
    [['vivo en Gijón', 'digo Gijón porque curro allí']],
    [['vivo en Gijón', 'bueno en Oviedo que tiempo hace']],
    [['me llamo Marta', 'perdón, me he liado']],
    [['me gusta el té', 'ya no te entiendo']],
    [['I live in Lisbon', 'sorry, typo']],
    [['I live in Lisbon', 'sorry, 42']],
    [['I live in Lisbon', 'actually, forget it']],
    [['I live in Lisbon', 'I meant the second one']],
    [['my name is Ana', 'sorry, what?']],
    [['what is 2 + 2', 'sorry, 42']],
    [['soy alérgico a las nueces', 'no sé si soy alérgico a las nueces']],
    [['soy alérgico a las nueces', 'no soy alérgico a las nueces?']],
    [['soy alérgico a las nueces', 'hoy no he comido nueces']],
    [['I am allergic to nuts', "I'm not sure I am allergic to nuts"]],
    [['I play tennis', "why don't I play tennis better?"]],
    [['I drive a Golf', 'we sold out of tickets']],
    [['tengo un iPhone', 'he cambiado la pila']],
    [['soy de Lugo', 'no de Lugo no me gusta nada hablar']],
    [['trabajo en Zara', 'no, en Zara no pagan']],
    [['I live in Lisbon', 'great, thanks, actually']],
    [['a hotel in Lisbon', 'sorry, Porto']],
    [["let's do a role play, you're a waiter", 'I live in Lisbon', 'sorry, Porto']],
  ])('is not %j', (said) => {
    expect(kept(said)).toBe('');
  });
});

describe('instructions that go together', () => {
  it('are both kept', () => {
    expect(kept(['always answer in Spanish', 'from now on keep answers short'])).not.toContain('-instruction');
  });
});

describe('a statement that begins as a correction', () => {
  it.each([
    ["actually I'm allergic to nuts", false],
    ['actually I love tea', false],
    ['en realidad hablo francés', false],
    ['actually I live in Leeds', true],
    ['en realidad soy vegetariana', true],
  ])('"%s" is one: %s', (text, corrects) => {
    const [only] = extract({ text, at: AT, conversation: null, request: null, before: null, earlier: [] });
    expect(only?.corrects).toBe(corrects);
  });
});

describe('what was said before', () => {
  it.each(['<', 'no ', 'perdón ', 'yo soy ', 'my boss ', '"a ', 'traduce: ', '😀', 'Ana 9 y '])(
    'takes no long time, whatever it is: %j',
    (hostile) => {
      const earlier = Array.from({ length: 12 }, () => hostile.repeat(Math.ceil(1_000 / hostile.length)));
      const started = performance.now();
      for (const text of ['perdón, 42', 'ya no tomo té, no Oviedo', hostile.repeat(4_000)]) {
        const found = extract({
          text,
          at: AT,
          conversation: null,
          request: null,
          before: hostile.repeat(500),
          earlier,
        });
        for (const { quote, start, end } of found) expect(text.slice(start, end)).toBe(quote);
      }
      expect(performance.now() - started).toBeLessThan(5_000);
    },
  );
});
