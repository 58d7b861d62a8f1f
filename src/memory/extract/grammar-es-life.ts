import type { Rule } from './rules.ts';

/** Home, body, tastes and things, in Spanish. */
export const LIFE_ES: readonly Rule[] = [
  {
    say: [
      'no tengo <horno/coche/carnet/carne_de_conducir/microondas/lavavajillas/hijos/mascotas/airfryer/freidora/terraza/jardin/ascensor/lavadora/batidora/carro/auto>',
      'no <conduzco/manejo>',
      'no se <nadar/conducir/manejar/ingles>',
    ],
    is: 'owns',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(me da|me dan|tengo) (mucho)? (miedo|panico|fobia) (a|de)? (el|la|los|las)? <fear>',
      'me mareo en (el|los)? <rest>',
    ],
    is: 'accessibility',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'quiero (perder|adelgazar|bajar) <measure>',
      'quiero <sacarme_el_carnet/dejar_de_fumar/montar_mi_empresa/montar_un_negocio/comprar_una_casa/comprarme_un_piso/cambiar_de_trabajo/opositar/emigrar/independizarme/jubilarme>',
      'quiero mudarme a <place>',
      'quiero ser <oficio>',
      'estoy intentando (perder|bajar) (peso|<measure>)',
      'estoy <ahorrando>',
    ],
    is: 'goal',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(me han diagnosticado|tengo|me diagnosticaron|me detectaron|me han detectado) <celiaquia/enfermedad_celiaca/intolerancia_al_gluten>',
    ],
    is: 'diet',
    tell: 'Tiene {1}',
  },
  {
    say: ['me (sienta|sientan|cae|caen) (fatal|mal) (la|el|los|las) <food>', 'no tolero (la|el|los|las)? <food>'],
    is: 'diet',
    tell: 'No tolera {1}',
  },
  { say: ['(corro|nado|entreno|escalo|monto en bici) <habitual>'], is: 'hobby', tell: '{all}', value: '{all}' },
  {
    say: ['me (apunte|he apuntado|apunto|voy a apuntar) a (clases de|un curso de|clase de)? <activity>'],
    is: 'hobby',
    tell: 'Va a clases de {1}',
  },
  { say: ['solo (bebo|como|uso|leo|veo|escucho|tomo) <taste>'], is: 'prefers', tell: '{all}' },
  {
    say: ['ya no (bebo|fumo) <ending>', 'no (bebo|fumo) (nada)? <ending>', '(he dejado|deje) de (beber|fumar)'],
    is: 'diet',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['(he vuelto|volvi|vuelvo) a (comer|tomar|beber) <food>', 'ahora (si)? (como|tomo|bebo) <food>'],
    is: 'diet',
    tell: 'Vuelve a tomar {1}',
    corrects: true,
  },
  {
    say: [
      'soy mas <diet> que <diet>',
      'soy (mas bien|casi|practicamente|medio) <diet>',
      '(al ser|siendo) <diet>',
      'hago (dieta)? <keto/ayuno_intermitente/paleo>',
    ],
    is: 'diet',
    tell: 'Es {1}',
  },
  {
    say: [
      'a mi (el|la|los|las) <fronted> (no me (gusta|gustan|va|van)|me (horroriza|horrorizan|parece|parecen) un? (horror|horribles|horrible|asco))',
    ],
    is: 'dislikes',
    tell: 'No le gusta {1}',
  },
  {
    say: ['a mi (el|la|los|las) <fronted> me (encanta|encantan|gusta|gustan|flipa|flipan|chifla|chiflan)'],
    is: 'likes',
    tell: 'Le gusta {1}',
  },
  { say: ['soy (mas|muy) de <taste>', 'me va|tira mas <taste>'], is: 'prefers', tell: 'Prefiere {1}' },
  {
    say: [
      'lo mio (es|son) (el|la|los|las)? <taste>',
      'me he (aficionado|enganchado) a <taste>',
      'me he enganchado a <taste>',
    ],
    is: 'likes',
    tell: 'Le gusta {1}',
  },
  { say: ['(no me va|no me van|paso de) (el|la|los|las) <taste>'], is: 'dislikes', tell: 'No le gusta {1}' },
  {
    say: [
      'bailo <sport>',
      'escribo <poesia/poemas/relatos/cuentos/novelas/microrrelatos>',
      'pinto <acuarelas/acuarela/cuadros/miniaturas/al_oleo/retratos>',
      'leo (mucha|mucho|muchos|muchas) <taste>',
      'cultivo <rest>',
      'juego en (un|el) equipo de <activity>',
      'estoy (apuntado|apuntada|inscrito|inscrita) (a|en) (clases de|clase de|un curso de)? <activity>',
      '(salgo|voy|ando|me muevo|me desplazo) en <bici/bicicleta/moto/kayak>',
      'me (levanto|despierto|acuesto) (siempre)? a las <number> (<habitual>|todos los dias|siempre|entre semana)',
      'desayuno (siempre|todos los dias) <taste>',
    ],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['(escribo|pinto|dibujo|cocino|bailo|canto|leo|monto|cultivo|toco|pesco|cazo) <habitual>'],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['ya no estoy <casado/casada/saliendo_con_nadie/soltero/soltera>'],
    is: 'marital',
    tell: 'Ya no está {1}',
    ends: true,
  },
  {
    say: [
      'estoy <casado/casada/soltero/soltera/divorciado/divorciada/separado/separada/viudo/viuda/prometido/prometida>',
      'soy <soltero/soltera/viudo/viuda/divorciado/divorciada>',
      'me (quede|he quedado) <viudo/viuda>',
    ],
    is: 'marital',
    tell: 'Está {1}',
    time: 'since',
    corrects: true,
  },
  {
    say: [
      'me (divorcie|he divorciado|acabo de divorciar|separe|he separado)',
      'nos (divorciamos|hemos divorciado|separamos|hemos separado)',
      'acabo de divorciarme|separarme',
    ],
    is: 'marital',
    tell: 'Se ha separado',
    value: 'separación',
    time: 'since',
    corrects: true,
  },
  {
    say: [
      '(lo he dejado | lo dejamos | lo hemos dejado) con mi <novia/novio/pareja/prometida/prometido/chica/chico>',
      '(he roto|rompi|corte|he cortado|termine|he terminado) con mi <novia/novio/pareja/prometida/prometido/chica/chico>',
      'mi <novia/novio/pareja/marido/mujer> (y yo)? (lo dejamos | lo hemos dejado | rompimos | hemos roto | terminamos | cortamos | me dejo | me ha dejado)',
    ],
    is: 'marital',
    tell: 'Ha roto con su pareja',
    value: 'ruptura',
    corrects: true,
  },
  {
    say: [
      '(me|nos) (case|he casado|hemos casado) (con <name>)?',
      'nos casamos (<any>)? (<any>)? (hace|pasado|pasada|ayer)',
      'acabo|acabamos de casarme|casarnos',
    ],
    is: 'marital',
    tell: 'Se casó{date}',
    value: 'casado',
    time: 'back',
    corrects: true,
  },
  { say: ['tengo <novia/novio/pareja>'], is: 'marital', tell: 'Tiene {1}' },
  { say: ['ya no soy <diet>'], is: 'diet', tell: 'Ya no es {1}', ends: true },
  {
    say: ['(soy|somos|me he hecho|me hice|me he vuelto|me volvi|ahora soy|llevo <count> anos siendo) <diet>'],
    is: 'diet',
    tell: 'Es {1}',
    time: 'since',
  },
  {
    say: [
      '(ya)? no (como|comemos|puedo comer|podemos comer|tomo|puedo tomar|pruebo|consumo|puedo consumir|bebo|puedo beber) (nada con|nada de)? <food>',
      '(he dejado|deje) (de (comer|tomar|beber|consumir)|el|la|los|las) <food>',
      'evito (comer|tomar)? (el|la|los|las)? <food>',
    ],
    is: 'diet',
    tell: 'No toma {1}',
  },
  {
    say: ['(sigo|hago|llevo|estoy (haciendo|siguiendo)) (una|la) dieta <nameddiet>', 'estoy a dieta <nameddiet>'],
    is: 'diet',
    tell: 'Sigue una dieta {1}',
  },
  { say: ['(como|comemos) <halal/kosher/sin_gluten/sin_sal/vegano/vegetariano>'], is: 'diet', tell: 'Come {1}' },
  { say: ['(soy|somos) <abstemio/abstemia>'], is: 'diet', tell: 'Es {1}' },
  {
    say: ['ya no soy (alergico|alergica) (a|al) <rest>'],
    is: 'allergy',
    tell: 'Ya no tiene alergia a {1}',
    ends: true,
  },
  {
    say: [
      'somos (alergicos) (a (los|las|la|el)?|al) <rest>',
      'tengo (una)? alergia (a (los|las|la|el)?|al) <rest>',
      '(me da|me dan) alergia (el|la|los|las) <rest>',
    ],
    is: 'allergy',
    tell: 'Tiene alergia a {1}',
  },
  {
    say: ['tengo intolerancia (a (los|las|la|el)?|al) <rest>'],
    is: 'allergy',
    tell: 'Tiene intolerancia a {1}',
  },
  {
    say: [
      '(uso|voy en|me muevo en|utilizo|necesito) <silla_de_ruedas/muletas/audifono/audifonos/lector_de_pantalla/baston/andador/una_silla_de_ruedas>',
    ],
    is: 'accessibility',
    tell: 'Usa {1}',
  },
  {
    say: [
      'soy <ciego/ciega/sordo/sorda/daltonico/daltonica/dislexico/dislexica/zurdo/zurda/hipoacusico/invidente/tartamudo/miope>',
      'tengo <dislexia/daltonismo/movilidad_reducida/baja_vision/vertigo/miedo_a_volar/discapacidad_auditiva/discapacidad_visual>',
    ],
    is: 'accessibility',
    tell: 'Tiene en cuenta: {1}',
  },
  {
    say: [
      '(tengo|padezco|sufro|sufro de|me han diagnosticado|me diagnosticaron|vivo con) <diabetes/diabetes_tipo_1/diabetes_tipo_2/asma/ansiedad/depresion/tdah/epilepsia/hipertension/cancer/vih/fibromialgia/artritis/migranas/esclerosis_multiple/bipolaridad/toc/autismo/hipotiroidismo/crohn/endometriosis/la_tension_alta/colesterol>',
      'soy <diabetico/diabetica/asmatico/asmatica/autista/bipolar/epileptico/epileptica/hipertenso/hipertensa/celiaco/celiaca>',
      'estoy <embarazada>',
    ],
    is: 'health',
    tell: 'Salud: {1}',
  },
  {
    say: [
      'soy <catolico/catolica/cristiano/cristiana/musulman/musulmana/judio/judia/budista/ateo/atea/agnostico/agnostica/protestante/evangelico/evangelica/testigo_de_jehova>',
    ],
    is: 'belief',
    tell: 'Es {1}',
  },
  {
    say: [
      'soy <de_izquierdas/de_derechas/socialista/comunista/liberal/conservador/conservadora/anarquista>',
      'voto (a|al) <rest>',
      'soy militante de <rest>',
    ],
    is: 'politics',
    tell: 'Política: {1}',
  },
  {
    say: ['soy <gay/lesbiana/bisexual/heterosexual/asexual/trans/transexual/homosexual/pansexual>'],
    is: 'sexuality',
    tell: 'Es {1}',
  },
  {
    say: [
      '(hablo|hablamos|domino|se hablar) (un poco de | algo de | perfectamente | muy bien | bien)? <langs>',
      'mi (lengua materna | idioma materno | lengua nativa | lengua) es (el)? <lang>',
      '(soy nativo|soy nativa|soy bilingue) (de|en) <langs>',
      'mi (lengua materna | idioma materno) es (el)? <lang>',
      'tengo (un)? (nivel)? (alto|medio|basico|nativo|intermedio|avanzado|a1|a2|b1|b2|c1|c2) (de|en) <langs>',
      'se (algo|un poco|bastante) de <langs>',
      'mi idioma (nativo|natal) es (el)? <lang>',
      'me defiendo (en|con el) <langs>',
      'soy <bilingue>',
    ],
    is: 'language',
    tell: 'Habla {1}',
  },
];
