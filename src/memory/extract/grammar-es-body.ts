import type { Rule } from './rules.ts';

/** What the body asks for, in Spanish: what is not borne, what hurts, what one cannot do. */
export const BODY_ES: readonly Rule[] = [
  {
    say: [
      '(intento|procuro|trato de) no (comer|tomar|beber) (mucho|mucha|tanto|tanta)? <food>',
      '(quiero|estoy intentando|intento) (dejar|reducir|comer menos|tomar menos|beber menos) (la|el|los|las|de comer|de tomar|de beber)? <food>',
    ],
    is: 'diet',
    tell: 'Evita {1}',
  },
  { say: 'estoy dejando <el_tabaco/de_fumar/el_alcohol/de_beber/el_azucar>', is: 'goal', tell: 'Está dejando {1}' },
  { say: 'estoy a <dieta/regimen>', is: 'diet', tell: 'Está a {1}', sure: 0.7 },
  {
    say: [
      'me <cuesta> (leer|ver|oir|caminar|andar|concentrarme|agacharme|subir escaleras) (mucho)? <rest>?',
      '(veo|oigo) (muy|bastante)? <mal> (de lejos|de cerca)?',
      'no <oigo/veo> bien',
    ],
    is: 'accessibility',
    tell: 'Tiene en cuenta: {all}',
    value: '{all}',
    sure: 0.75,
  },
  {
    say: [
      'tengo (mal|fastidiado|fastidiada|jodido|jodida|delicado|delicada) (el|la|los|las) <bodypart>',
      'tengo (el|la|los|las) <bodypart> (mal|fastidiado|fastidiada|fastidiados|fastidiadas|jodido|jodida|delicado|delicada|planos|hecha polvo|hecho polvo|rota|roto|operada|operado)',
    ],
    is: 'accessibility',
    tell: 'Tiene en cuenta: {all}',
    value: '{all}',
  },
  {
    say: [
      'tomo <anticoagulantes/sintrom/antidepresivos/ansioliticos/metformina/insulina/eutirox/levotiroxina/estatinas/corticoides/antihistaminicos/litio/la_pildora>',
      'estoy dando el <pecho>',
      'llevo <marcapasos>',
    ],
    is: 'health',
    tell: 'Salud: {all}',
    value: '{1}',
  },
  {
    say: 'llevo <any> (anos|ano|meses|semanas|dias) sin <fumar/beber/beber_alcohol/comer_carne/tomar_alcohol/comer_azucar/gluten/azucar/alcohol/carne>',
    is: 'diet',
    tell: '{all}',
    value: 'sin {2}',
  },
  { say: '(no (como|comemos|tomo|tomamos|puedo comer)) ni <food>', is: 'diet', tell: 'No toma ni {1}' },
  {
    say: [
      '(el|la|los|las) <topicfood> (no me (sienta|sientan|cae|caen) bien | me (sienta|sientan|cae|caen|hace|hacen) (fatal|mal|pesimo|pesado|pesada|pesados|dano|horrible))',
      '(no me (sienta|sientan|cae|caen) bien | me (sienta|sientan|cae|caen|hace|hacen) (fatal|mal|pesimo|pesado|pesada|pesados|dano)) (el|la|los|las) <food>',
      'no tolero (bien)? (el|la|los|las)? <food>',
    ],
    is: 'diet',
    tell: 'No tolera {1}',
  },
  {
    say: [
      '(en (mi)? casa)? somos (todos)? <diet>',
      'en (mi)? casa (todos)? (comemos|cocinamos) <sin_gluten/vegano/vegetariano/halal/kosher/sin_sal>',
    ],
    is: 'diet',
    tell: 'En casa son {1}',
  },
  {
    say: ['como <diet> que soy', '(al ser|siendo|como soy|soy) (tambien)? <diet>'],
    is: 'diet',
    tell: 'Es {1}',
  },
  {
    say: [
      'soy <alergico/alergica/intolerante> (a (los|las|la|el)? | al) <rest>',
      'soy (muy|bastante) <alergico/alergica> (a (los|las|la|el)? | al) <rest>',
    ],
    is: 'allergy',
    tell: 'Es {1} a {2}',
    value: '{2}',
  },
  {
    say: [
      'tengo (un|una|unos|unas|la|el|mucha|muchos|muchas)? <ailment>',
      '(sufro|padezco) (de|del)? (la|el|un|una)? <ailment>',
      '(me han diagnosticado|me diagnosticaron|me detectaron) (un|una)? <ailment>',
      '(me lesione|me he lesionado|me rompi|me he roto|me operaron de|me han operado de) (el|la|los|del)? <bodypart>',
    ],
    is: 'accessibility',
    tell: 'Tiene en cuenta: {all}',
    value: '{1}',
  },
  {
    say: ['llevo <marcapasos/gafas/lentillas/audifonos/audifono/protesis/bolsa_de_colostomia>'],
    is: 'accessibility',
    tell: 'Lleva {1}',
  },
  {
    say: [
      'no puedo <correr/saltar/andar_mucho/caminar_mucho/estar_de_pie/estar_sentado/estar_sentada/levantar_peso/coger_peso/cargar_peso/subir_escaleras/conducir_de_noche/agacharme/arrodillarme/nadar> <alone>',
    ],
    is: 'accessibility',
    tell: 'No puede {1}',
  },
];
