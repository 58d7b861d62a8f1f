import type { Rule } from './rules.ts';

/** Who the user is, said in passing within a request, in Spanish: "a mis 45 años", "en Murcia, que es donde vivo". */
export const PASSING_ES: readonly Rule[] = [
  {
    say: ['(tengo|tenemos) (un|una)? <jardin/terraza/patio/piscina/balcon/garaje/azotea/barbacoa/trastero>'],
    is: 'owns',
    tell: 'Tiene {1}',
  },
  {
    say: [
      'llevo <any> (anos|ano|meses|tiempo)? (tocando|practicando|jugando|haciendo|aprendiendo) (al|a la|a|el|la)? <activity>',
      'empece a (jugar|hacer|practicar|tocar) (al|a la|a|el|la)? <activity>',
    ],
    is: 'hobby',
    tell: 'Practica {last}',
    value: '{last}',
  },
  { say: ['(he empezado|empece|acabo de empezar) a (estudiar|aprender) <langs>'], is: 'goal', tell: 'Aprende {1}' },
  {
    say: 'soy <introvertido/introvertida/extrovertido/extrovertida/noctambulo/noctambula/madrugador/madrugadora/timido/timida/friolero/friolera/ambidiestro>',
    is: 'likes',
    tell: 'Es {1}',
  },
  {
    say: '(me|nos) (mudo|mudamos) (<any>)? (<any>)? (<any>)? (<any>)? (<any>)? a <place>',
    is: 'plan',
    tell: 'Se muda a {last}{date}',
    value: '{last}',
    time: 'must',
  },
  { say: '(mujer|hombre|chico|chica) (,|de) <age> anos', is: 'age', tell: 'Tiene {1} años', sure: 0.75 },
  {
    say: 'soy <voluntario/voluntaria> (en|de) (la|el|un|una)? <rest>',
    is: 'hobby',
    tell: 'Es {1} en {2}',
    value: '{1} en {2}',
  },
  {
    say: 'soy (madre|padre|mama|papa) de <gemelos/gemelas/mellizos/mellizas/trillizos/familia_numerosa>',
    is: 'family',
    tell: 'Tiene {1}',
  },
  { say: 'estamos <casados/prometidos/divorciados/separados>', is: 'marital', tell: 'Están {1}' },
  {
    say: 'vamos a tener (un|una|otro|otra|nuestro primer|nuestra primera) <bebe/hijo/hija/nino/nina/crio>',
    is: 'plan',
    tell: 'Espera un bebé{date}',
    value: 'bebé',
    time: 'ahead',
  },
  {
    say: ['(vivo|vivimos|resido) (desde)? hace <any> (anos|ano|meses|semanas) en <place>'],
    is: 'residence',
    tell: 'Vive en {2}',
    value: '{2}',
    time: 'since',
  },
  {
    say: [
      'mi <lang> es (muy|bastante|un poco)? <malo/basico/flojo/fluido/bueno/intermedio/avanzado/nativo/regular>',
      'entiendo (bien)? (el)? <lang>',
    ],
    is: 'language',
    tell: '{all}',
  },
  {
    say: ['no hablo (nada de | ni papa de)? <langs>'],
    is: 'language',
    tell: 'No habla {1}',
    value: 'no {1}',
    sure: 0.75,
  },
  {
    say: ['me (pase|he pasado|cambie|he cambiado) de (<tech>) a (un|una)? <tech>'],
    is: 'uses',
    tell: 'Usa {2}',
    value: '{2}',
  },
  {
    say: ['quiero (montar|abrir|poner) <possession>', 'quiero correr (un|una|el|la|mi)? <race>'],
    is: 'goal',
    tell: '{all}',
    value: '{all}',
  },
  { say: ['soy de <clubonly>', 'soy (de el | del | de la | de los) <club>'], is: 'likes', tell: 'Es de {1}' },
  {
    say: ['tengo <gallinas/peces/conejos/caballos/ovejas/cabras/abejas/pajaros/tortugas/vacas>'],
    is: 'pet',
    tell: 'Tiene {1}',
  },
  { say: ['tengo <gemelos/gemelas/mellizos/mellizas/trillizos>'], is: 'family', tell: 'Tiene {1}' },
  { say: ['tengo <coche/carro/auto/moto/bici/furgoneta/scooter/patinete>'], is: 'vehicle', tell: 'Tiene {1}' },
  { say: ['domino (el)? <langs>'], is: 'language', tell: 'Domina {1}' },
  {
    say: ['(aqui|aca) <own> (de nuevo | otra vez)?', '(te|le|os)? habla <own>', 'firma|firmalo|firmamos como <own>'],
    is: 'name',
    tell: 'Se llama {1}',
    sure: 0.84,
  },
  {
    say: ['(con|a) mis <grown> (anos|anitos)', 'a los <age> anos que tengo', 'tengo <age> anos (recien)? cumplidos'],
    is: 'age',
    tell: 'Tiene {1} años',
  },
  {
    say: ['naci en (el|el ano)? <year>', 'soy (del | de el) <year>', 'soy de <fullyear>'],
    is: 'birthday',
    tell: 'Nació en {1}',
  },
  {
    say: [
      '(en|desde|de|por|a|hasta) <place> ,? (que es)? donde (yo)? (vivo|vivimos|resido|residimos)',
      'donde (vivo|vivimos|resido) ,? en <place>',
      '(vivo|vivimos|resido) (de alquiler|de okupa|solo|sola|con mi pareja|con mis padres|con mi familia|ahora mismo|hace anos|desde siempre) en <place>',
      '(viviendo|residiendo) en <place>',
      'llevo|llevamos (viviendo)? (<count> (anos|ano|meses|dias|semanas))? (viviendo) en <place>',
      'llevo|llevamos <count> (anos|ano|meses) (ya)? en <known>',
      '(vivo|vivimos) entre <place> y <place>',
      '(paso|paso la mitad del ano) el invierno en <place>',
    ],
    is: 'residence',
    tell: 'Vive en {1}',
    time: 'since',
  },
  {
    say: ['(la nueva | la nueva direccion | mi nueva direccion | la direccion nueva) es (en)? (la|el)? <address>'],
    is: 'residence',
    tell: 'Su dirección: {1}',
    corrects: true,
  },
  {
    say: [
      '(en (mi)? casa somos|somos) <number> (personas|en casa|en mi casa|en la familia)',
      'en (mi)? casa somos <number>',
    ],
    is: 'household',
    tell: 'Son {1} en casa',
  },
  {
    say: [
      'soy (medio|mitad) <demonym>',
      'soy de nacionalidad <demonym>',
      'tengo (la)? doble (nacionalidad|ciudadania) (,|:)? <demonym>',
    ],
    is: 'nationality',
    tell: 'Es {1}',
  },
  {
    say: ['soy de (aqui|aca) , de <known>', 'soy de <known> , de <known>'],
    is: 'origin',
    tell: 'Es de {last}',
    value: '{last}',
  },
  {
    say: [
      '(estoy opositando a|oposito a|oposito para|preparo oposiciones de|preparo oposiciones a|estoy preparando (las|unas)? oposiciones (de|a|para)) <rest>',
    ],
    is: 'goal',
    tell: 'Se prepara para las oposiciones: {1}',
  },
  {
    say: [
      '(me estoy sacando | estoy sacandome | me quiero sacar | quiero sacarme | me saco) (el|la|un|una)? <exam>',
      'me presento a (el|la|las|los|unas)? <exam>',
    ],
    is: 'goal',
    tell: 'Se prepara para {1}{date}',
    time: 'ahead',
  },
  {
    say: ['llevo <count> anos (felizmente)? <casado/casada>', 'llevamos <count> anos <casados>'],
    is: 'marital',
    tell: 'Está {1}',
  },
  {
    say: ['llevo <count> (anos|ano|meses) (saliendo)? con mi <novia/novio/pareja/chica/chico>'],
    is: 'marital',
    tell: 'Tiene {1}',
  },
  {
    say: ['somos <number> hermanos', 'somos <number> hermanas'],
    is: 'family',
    tell: 'Son {1} hermanos',
    value: '{all}',
  },
  {
    say: ['soy <hijo_unico/hija_unica/familia_numerosa/padre_soltero/madre_soltera/abuelo/abuela/padre_de_familia>'],
    is: 'family',
    tell: 'Es {1}',
  },
  {
    say: [
      '(vivo|vivimos) <cerca_del_mar/junto_al_mar/al_lado_del_mar/frente_al_mar/cerca_de_la_playa/cerca_del_metro/cerca_del_rio/de_alquiler>',
    ],
    is: 'household',
    tell: 'Vive {1}',
  },
];
