import type { Rule } from './rules.ts';

/** Tastes (what is not liked before what is), pastimes and things, in Spanish. */
export const TASTES_ES: readonly Rule[] = [
  {
    say: [
      '(el|la|los|las) <frontedknown> (no me (gusta|gustan|va|van|agrada|agradan) (nada)? | me (horroriza|horrorizan|aburre|aburren|repugna|repugnan|da asco|dan asco|cae mal|caen mal|estresa|agobia|agobian) (un monton|mucho)? | (lo|la|los|las) odio | (lo|la|los|las) detesto | no (lo|la|los|las) soporto) <alone>',
      'no (quiero|me pongas) <tech> nunca',
    ],
    is: 'dislikes',
    tell: 'No le gusta {1}',
  },
  {
    say: [
      '(el|la|los|las) <frontedknown> me (encanta|encantan|flipa|flipan|chifla|chiflan|apasiona|apasionan|vuelve loco|vuelve loca|fascina|fascinan|relaja|relajan) <alone>',
    ],
    is: 'likes',
    tell: 'Le gusta {1}',
  },
  // Of what is no known taste it may be said of the work at hand ("el título no me convence"): believed when it is said twice.
  {
    say: [
      '(el|la|los|las) <fronted> no me (gusta|gustan|va|van|convence|convencen) nada?',
      '(el|la|los|las) <fronted> (los|las|lo|la) (odio|detesto)',
    ],
    is: 'dislikes',
    tell: 'No le gusta {1}',
    sure: 0.7,
  },
  {
    say: '(el|la|los|las) <fronted> me (encanta|encantan|chifla|chiflan|flipa|flipan|vuelve loco|vuelve loca|apasiona|apasionan)',
    is: 'likes',
    tell: 'Le gusta {1}',
    sure: 0.7,
  },
  {
    say: [
      '(a mi)? me (gusta|gustan|tira|tiran|va|van) mas <comparison>',
      'soy team <taste>',
      'siempre he (tenido|usado) <tech>',
    ],
    is: 'prefers',
    tell: 'Prefiere {1}',
  },
  {
    say: [
      'soy (de el | del | de la | de los | de) <club>',
      'soy (hincha|seguidor|seguidora|socio|socia|forofo|forofa|aficionado|aficionada) (de el | del | de la | de | al) <club>',
      'le voy (a el | al | a las | a los | a) <club>',
    ],
    is: 'likes',
    tell: 'Es de {1}',
  },
  {
    say: [
      'soy (muy|super|bastante) <timido/timida/friolero/friolera/introvertido/introvertida/despistado/despistada/madrugador/madrugadora/nocturno/nocturna/casero/casera/dormilon/dormilona/caluroso/calurosa/ordenado/ordenada>',
    ],
    is: 'likes',
    tell: 'Es {1}',
  },
  {
    say: ['ya no me (gusta|gustan|encanta|encantan|interesa|interesan) (el|la|los|las)? <taste>'],
    is: 'likes',
    tell: 'Ya no le gusta {1}',
    ends: true,
  },
  {
    say: [
      '(a mi)? no me (gusta|gustan|agrada|agradan|va|van) (nada|mucho)? <taste>',
      '(odio|detesto|aborrezco|no soporto|no aguanto|no trago) (a)? <taste>',
      'me (repugna|repugnan|da asco|dan asco|cae mal|horroriza|horrorizan) <taste>',
      'no puedo con <taste>',
      'no soy (muy|mucho) de <taste>',
      'no soy de <playa/dulce/dulces/fiesta/fiestas/salir/madrugar/postres/verduras>',
      'no soy (muy)? (fan|amigo|amiga|partidario|partidaria) de <taste>',
    ],
    is: 'dislikes',
    tell: 'No le gusta {1}',
  },
  {
    say: [
      'mi <favorito> (favorito|favorita|preferido|preferida) (es|son|:|siempre ha sido|ha sido siempre|siempre fue) (el|la)? <rest>',
      'mis <favorito> (favoritos|favoritas|preferidos|preferidas) son (los|las)? <rest>',
    ],
    is: 'favourite',
    tell: 'Su {1} favorito: {2}',
    value: '{2}',
  },
  {
    say: [
      '(a mi)? me re (gusta|gustan|encanta|encantan|copa|copan) <taste>',
      '(a mi)? me (gusta|gustan|encanta|encantan|flipa|flipan|chifla|chiflan|mola|molan|apasiona|apasionan|fascina|fascinan|pirra|pirran|copa|late|laten|interesa|interesan|priva|vuelve loco|vuelve loca|vuelven loco|vuelven loca) (muchisimo|mucho|un monton|un montón|bastante|tambien|sobre todo|demasiado)? <taste>',
      '(a mi)? me (vuelve|vuelven) (loco|loca) <taste>',
      '(adoro|amo) <taste>',
      'disfruto (mucho)? (de|con)? <taste>',
    ],
    is: 'likes',
    tell: 'Le gusta {1}',
  },
  {
    say: [
      'soy (un|una)? (gran|mega|super)? (fan|fanatico|fanatica|aficionado|aficionada|amante|apasionado|apasionada|adicto|adicta|forofo|hincha|seguidor|seguidora|socio|socia) (de|del|a|al) <taste>',
      'soy (del) <own>',
    ],
    is: 'likes',
    tell: 'Le gusta {1}',
  },
  {
    say: [
      'prefiero que (me)? (respondas|contestes|hables|expliques|escribas|des|trates|tutees|digas|pongas|uses) <rest>',
      'prefiero (las|tus|unas)? (respuestas|explicaciones|contestaciones) <rest>',
    ],
    is: 'style',
    tell: '{all}',
  },
  { say: ['prefiero <preference>'], is: 'prefers', tell: 'Prefiere {1}', sure: 0.84 },
  { say: '(juego|jugamos) (al|a la|a los|a) <activity>', is: 'hobby', tell: 'Juega a {1}' },
  { say: 'toco (el|la|los)? <instrument>', is: 'hobby', tell: 'Toca {1}' },
  {
    say: [
      '(practico|hago|entreno) (mucho|mucha)? <sport>',
      '(salgo|suelo ir|suelo salir) (a|de) <sport>',
      'voy (a (la|el)?|al) <sportnoun>',
      'voy a <sport> (<habitual>|todos los dias|<number> veces|<number> dias)',
      'voy a (clase|clases) de <activity>',
      'voy al <gimnasio/gym>',
      'corro <maratones/medias_maratones>',
      'soy <runner/nadador/nadadora/triatleta/radioaficionado/radioaficionada/corredor/corredora/ciclista/escalador/escaladora/senderista/surfista/gamer/ajedrecista/montanero/montanera>',
    ],
    is: 'hobby',
    tell: 'Practica {1}',
  },
  {
    say: [
      'en mi tiempo libre <hobbyverb>',
      'en mis ratos libres <hobbyverb>',
      '(mi aficion|mi hobby|mi pasatiempo|mi pasion|mis aficiones|mis hobbies|mis pasatiempos) (favorito|favorita|principal)? (es|son) (el|la|los|las)? <taste>',
    ],
    is: 'hobby',
    tell: 'En su tiempo libre: {1}',
  },
  { say: 'colecciono <taste>', is: 'hobby', tell: 'Colecciona {1}' },
  { say: 'canto en <rest>', is: 'hobby', tell: 'Canta en {1}' },
  // Things.
  {
    say: [
      '(conduzco|manejo|tengo|me he comprado|me compre|hemos comprado|compramos|acabo de comprarme|acabo de comprar) <vehicle>',
      'mi (coche|auto|carro|moto|bici|furgoneta) es <product>',
      'conduzco <product>',
      'manejo <product>',
    ],
    is: 'vehicle',
    tell: 'Tiene {1}',
  },
  {
    say: [
      '(tengo|poseo|regento|llevo|monte|montamos|abrimos|hemos abierto|hemos montado|he montado|abri|he abierto|me he comprado|me compre|acabo de comprarme) <possession>',
    ],
    is: 'owns',
    tell: 'Tiene {1}',
  },
  {
    say: [
      'mi (portatil|ordenador|computadora|compu|pc|movil|telefono|celular|editor|laptop|impresora|camara|lenguaje|distro|sistema operativo|sistema|shell|navegador) (favorito|de trabajo|principal|es|tiene) (es|un|una)? <product>',
      'mi (portatil|ordenador|computadora|pc|movil|telefono|celular|editor|sistema operativo|navegador) es <tech>',
      '(en (mi|el|la) (trabajo|empresa|curro|oficina|equipo|estudio|taller) (usamos|utilizamos|trabajamos con|trabajamos en|programamos en)|uso|utilizo|usamos en el trabajo|trabajo con|programo (sobre todo|mayormente)? (en|con)|desarrollo en|desarrollo con|me paso a|me he pasado a|me cambie a|soy usuario de|soy usuaria de|trabajo en) <tech>',
      'tengo <device>',
    ],
    is: 'uses',
    tell: 'Usa {1}',
  },
];
