import type { Rule } from './rules.ts';

/** What is told of somebody of the user's: behind `mi hija Lucía`, `my wife`. `{who}` is that person. */
export const KIN_ES: readonly Rule[] = [
  {
    say: ['(vive|viven) (conmigo|con nosotros)'],
    is: 'household',
    tell: '{who} vive con el usuario',
    value: 'vive con el usuario',
  },
  {
    say: ['(empieza|empezo|ha empezado|va a empezar) <rest>', '(se casa) <rest>?'],
    is: 'plan',
    tell: '{who} {all}',
    value: '{last}',
    time: 'ahead',
  },
  { say: 'cumple <age> (anos)? (en|el) <rest>', is: 'birthday', tell: '{who} {all}', value: '{all}' },
  {
    say: ['(usa|va en|utiliza) <silla_de_ruedas/muletas/audifonos/baston/andador>'],
    is: 'accessibility',
    tell: '{who} usa {1}',
  },
  {
    say: ['(odia|detesta|no soporta) <taste>', 'no (le|les) (gusta|gustan) (nada)? <taste>'],
    is: 'dislikes',
    tell: 'A {who} no le gusta {1}',
  },
  {
    say: ['(cumple|cumplira) <age> (anos)? el <rest>', '(cumple|cumplen) (anos)? el <rest>'],
    is: 'birthday',
    tell: '{who} cumple años: {all}',
    value: '{last}',
  },
  {
    say: [
      '(esta|va) (en|a) <primero/segundo/tercero/cuarto/quinto/sexto/primaria/secundaria/la_eso/bachillerato/la_universidad/infantil/la_guarderia> (de)? <rest>?',
    ],
    is: 'studies',
    tell: '{who} está en {1}',
  },
  { say: ['esta <embarazada>'], is: 'plan', tell: '{who} está {1}' },
  {
    say: ['(es del | es de la | es hincha del | es fan de | es fan del) <taste>'],
    is: 'likes',
    tell: '{who} es de {1}',
  },
  { say: ['(murio|fallecio|ha muerto|ha fallecido|se murio)'], is: 'happened', tell: '{who} murió', value: 'murió' },
  {
    say: [
      '(se llama|se llaman|se llamaba) <names>',
      'es|son <ownnames>',
      'que se llama|llaman <names>',
      'llamado|llamada|llamados|llamadas <names>',
      'de nombre <names>',
    ],
    is: 'name',
    tell: '{who} se llama {1}',
  },
  {
    say: ['(tiene|tienen|acaba de cumplir|cumplio|ha cumplido) <age> (anos|anitos)', 'de <age> (anos|anitos)'],
    is: 'age',
    tell: '{who} tiene {1} años',
  },
  {
    say: ['(tiene|tienen) <age> (meses|semanas)', 'de <age> (meses|semanas)'],
    is: 'age',
    tell: '{who} tiene {1} meses o semanas',
    sure: 0.5,
  },
  { say: ['(cumple anos|cumple|nacio) el <rest>'], is: 'birthday', tell: '{who} cumple años el {1}' },
  { say: ['(vive|viven|reside) en <place>'], is: 'residence', tell: '{who} vive en {1}' },
  { say: ['(es|son) de <origin>', 'nacio en <origin>'], is: 'origin', tell: '{who} es de {1}' },
  { say: ['es <diet>'], is: 'diet', tell: '{who} es {1}' },
  {
    say: [
      '(es|son) (muy)? (alergico|alergica|alergicos|intolerante) (a (los|las|la|el)?|al) <rest>',
      'tiene (alergia) (a (los|las|la|el)?|al) <rest>',
    ],
    is: 'allergy',
    tell: '{who} tiene alergia a {1}',
  },
  { say: ['no (come|puede comer|toma) <food>'], is: 'diet', tell: '{who} no come {1}' },
  { say: ['es <demonym>'], is: 'nationality', tell: '{who} es {1}' },
  { say: ['(es|trabaja de|trabaja como) <oficio>'], is: 'occupation', tell: '{who} es {1}', also: 'work' },
  { say: ['trabaja (en|para) <org>'], is: 'employer', tell: '{who} trabaja en {1}' },
  { say: ['trabaja en <workplace>'], is: 'workplace', tell: '{who} trabaja en {1}' },
  { say: ['(estudia|esta estudiando) <study>'], is: 'studies', tell: '{who} estudia {1}' },
  { say: ['(es|esta) <jubilado/jubilada/en_paro/autonomo/autonoma>'], is: 'employment', tell: '{who} está: {1}' },
  {
    say: ['(le|les) (encanta|encantan|gusta|gustan|chifla|apasiona) (mucho)? <taste>', '(adora|ama) <taste>'],
    is: 'likes',
    tell: 'A {who} le gusta {1}',
  },
  {
    say: ['(juega) (al|a la|a) <activity>', 'toca (el|la)? <instrument>', '(practica|hace) <sport>'],
    is: 'hobby',
    tell: '{who} tiene la afición: {1}',
  },
  { say: ['(es|era) (un|una) <breed>'], is: 'pet', tell: '{who} es un {1}' },
  { say: ['habla <langs>'], is: 'language', tell: '{who} habla {1}' },
];

export const KIN_EN: readonly Rule[] = [
  {
    say: '(lives|live) with (me|us)',
    is: 'household',
    tell: '{who} lives with the user',
    value: 'lives with the user',
  },
  {
    say: ['(is getting married|just started|started|starts|is starting) <rest>', 'is (getting married|graduating)'],
    is: 'plan',
    tell: '{who} {all}',
    value: '{all}',
    time: 'ahead',
  },
  { say: '(is|are) (really|totally)? (obsessed with|crazy about|into) <taste>', is: 'likes', tell: '{who} likes {1}' },
  {
    say: ['(uses|is in) (a|an)? <wheelchair/crutches/hearing_aids/walker/cane>'],
    is: 'accessibility',
    tell: '{who} uses a {1}',
  },
  {
    say: ['(hates|can not stand|dislikes) <taste>', 'does not (like|enjoy) <taste>'],
    is: 'dislikes',
    tell: '{who} does not like {1}',
  },
  {
    say: ['(supports|roots for|is a fan of|is a big fan of|follows) <taste>'],
    is: 'likes',
    tell: '{who} supports {1}',
  },
  { say: ['(turns|is turning|will be) <age> (on|in) <rest>'], is: 'birthday', tell: '{who}: {all}', value: '{last}' },
  {
    say: [
      'is (in|at) <kindergarten/first_grade/second_grade/third_grade/fourth_grade/fifth_grade/sixth_grade/high_school/middle_school/primary_school/college/university/preschool/year_1/year_2/year_3/year_4/year_5/year_6>',
    ],
    is: 'studies',
    tell: '{who} is in {1}',
  },
  { say: ["(is|'s) <pregnant/expecting>"], is: 'plan', tell: '{who} is {1}' },
  { say: ['(died|passed away|just died|has died)'], is: 'happened', tell: '{who} died', value: 'died' },
  {
    say: [
      '(name|names) (is|are) <names>',
      "'s name (is) <names>",
      '(is|are|was) (called|named) <names>',
      '(called|named) <names>',
      "('s|is|are) <ownnames>",
      'whose name is <names>',
      'goes by <names>',
    ],
    is: 'name',
    tell: '{who} is called {1}',
  },
  {
    say: ['(is|are|just turned|turned|turns|will be|who is) <age> (years|yrs)? (old)?', "'s <age> (years)? (old)?"],
    is: 'age',
    tell: '{who} is {1} years old',
  },
  {
    say: ["('s)? birthday is (on)? <rest>", 'was born on <rest>'],
    is: 'birthday',
    tell: '{who} has a birthday on {1}',
  },
  {
    say: ['(lives|live|is living|is based|are living) in <place>', "'s based in <place>"],
    is: 'residence',
    tell: '{who} lives in {1}',
  },
  {
    say: ["(is|are|comes|'s) (originally)? from <origin>", 'was born in <origin>'],
    is: 'origin',
    tell: '{who} is from {1}',
  },
  { say: ["(is|'s) (a|an)? <diet>"], is: 'diet', tell: '{who} is {1}' },
  {
    say: ["(is|'s|are) (severely|very|also)? allergic to <rest>", 'has (a|an) <allergen> allergy'],
    is: 'allergy',
    tell: '{who} is allergic to {1}',
  },
  { say: ['(does not|do not|can not) (eat|drink|have) <food>'], is: 'diet', tell: '{who} does not take {1}' },
  { say: ["(is|'s) (a|an)? <demonym>"], is: 'nationality', tell: '{who} is {1}' },
  {
    say: ["(is|works as|'s|is working as|was) (a|an|the) <trade>"],
    is: 'occupation',
    tell: '{who} works as {1}',
    also: 'work',
  },
  { say: ['(works|is working) (at|for) <org>'], is: 'employer', tell: '{who} works at {1}' },
  { say: ['works (at|in|for) <workplace>'], is: 'workplace', tell: '{who} works at {1}' },
  { say: ['works in <field>'], is: 'field', tell: '{who} works in {1}' },
  {
    say: ['(studies|is studying|majors in) <study>', '(goes to|attends) <college>'],
    is: 'studies',
    tell: '{who} studies {1}',
  },
  { say: ["(is|'s) <retired/unemployed>"], is: 'employment', tell: '{who} is {1}' },
  { say: ['(loves|likes|enjoys|adores|is into|is obsessed with) <taste>'], is: 'likes', tell: '{who} likes {1}' },
  { say: ['plays (the)? <activity>', 'does <sport>'], is: 'hobby', tell: '{who} plays {1}' },
  { say: ["(is|'s) (a|an) <breed>"], is: 'pet', tell: '{who} is a {1}' },
  { say: ['speaks <langs>'], is: 'language', tell: '{who} speaks {1}' },
];
