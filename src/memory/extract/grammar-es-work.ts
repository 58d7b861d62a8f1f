import type { Rule } from './rules.ts';

/** What the user does and studies, in Spanish. */
export const OCCUPIED_ES: readonly Rule[] = [
  { say: ['(he dejado|deje|hemos dejado) <org>'], is: 'employer', tell: 'Ya no trabaja en {1}', ends: true },
  {
    say: [
      'ya no trabajo (en|para|con) <org>',
      'deje (de trabajar)? en <org>',
      'no trabajo mas (en|para) <org>',
      '(deje | he dejado) (mi trabajo|el trabajo|mi puesto) en <org>',
      'me (fui|he ido|marche) de <org>',
    ],
    is: 'employer',
    tell: 'Ya no trabaja en {1}',
    ends: true,
  },
  { say: ['ya no (soy|trabajo de|trabajo como) <oficio>'], is: 'occupation', tell: 'Ya no es {1}', ends: true },
  {
    say: [
      '(estoy|me he|me acabo de|acabo de) (jubilado|jubilada|jubilarme|jubilar|retirado|retirada|prejubilado|prejubilada)',
      'me jubile',
      'soy (jubilado|jubilada|pensionista)',
    ],
    is: 'employment',
    tell: 'Ya no trabaja: está en la jubilación',
    value: 'jubilación',
    time: 'since',
  },
  {
    say: [
      'estoy (en el|en|al) paro',
      'estoy (desempleado|desempleada|sin trabajo|sin empleo|parado|parada)',
      'me (he quedado | quede) sin trabajo',
      'me (despidieron|han despedido|echaron|han echado) (del trabajo)?',
      'me echaron del trabajo',
    ],
    is: 'employment',
    tell: 'Está sin trabajo',
    value: 'sin trabajo',
    time: 'since',
  },
  {
    say: [
      'soy (autonomo|autonoma|freelance|freelancer)',
      'trabajo (por mi cuenta|como autonomo|como autonoma|como freelance|de freelance|de autonomo|de autonoma)',
      'estoy de autonomo|autonoma',
      'tengo mi propia empresa',
    ],
    is: 'employment',
    tell: 'Trabaja por cuenta propia',
    value: 'por cuenta propia',
    also: 'work',
  },
  {
    say: [
      'soy estudiante de <rest>',
      '(estudio|estudiamos|curso) (la carrera de | un master en | un grado en | un doctorado en | un master de)? <study>',
      'estoy (estudiando|cursando) (la carrera de | un master en | un master de | un grado en | el grado de | un doctorado en | una fp de | el doctorado en | primero de | segundo de | tercero de | cuarto de)? <study>',
      'estoy haciendo (la carrera de | un master en | un master de | un grado en | el grado de | un doctorado en | una fp de | un fp de | el doctorado en | primero de | segundo de | tercero de | cuarto de) <study>',
      'estoy (haciendo|cursando|preparando) (la tesis|el doctorado|mi tesis) (en|sobre|de) <study>',
      'hago un (master|grado|doctorado) (en|de) <study>',
    ],
    is: 'studies',
    tell: 'Estudia {1}',
  },
  {
    say: [
      '(estudie|curse|me gradue en|me licencie en|tengo un titulo de|tengo la carrera de|soy licenciado en|soy licenciada en|soy graduado en|soy graduada en|tengo un master en|tengo un doctorado en|me doctore en) <study>',
    ],
    is: 'education',
    tell: 'Estudió {1}',
  },
  {
    say: [
      '(soy|trabajo|trabajo de|trabajo como|ejerzo de|ejerzo como|hago de|estoy trabajando de|estoy trabajando como|empece a trabajar de|empece a trabajar como|empiezo a trabajar como|me contrataron como|me contrataron de|me han contratado como|me ascendieron a|me han ascendido a|estoy de) <oficio>',
      'trabajo de <oficio>',
      'trabajo como <oficio>',
      'ejerzo de|como <oficio>',
      'mi (profesion|trabajo|oficio|puesto) es (ser)? (de)? <oficio>',
      'soy <oficio> de profesion',
      'llevo <count> anos (trabajando)? (como|de|siendo) <oficio>',
    ],
    is: 'occupation',
    tell: 'Es {1}',
    also: 'work',
    time: 'since',
  },
  { say: ['me dedico a|al (la|el|los|las)? <rest>'], is: 'occupation', tell: 'Se dedica a {1}', also: 'work' },
  {
    say: [
      '(trabajo|trabajamos|curro|teletrabajo) (desde casa | en remoto | a distancia | desde mi casa)',
      'teletrabajo',
    ],
    is: 'workplace',
    tell: 'Trabaja desde casa',
    value: 'desde casa',
  },
  {
    say: 'trabajo <de_noche/por_las_noches/a_turnos/de_tarde/a_media_jornada/a_tiempo_parcial/en_turno_de_noche/por_turnos>',
    is: 'schedule',
    tell: 'Trabaja {1}',
    also: 'work',
  },
  {
    say: [
      '(trabajo|trabajaba) en (el sector de la | el sector del | el mundo de la | el mundo del | el campo de la)? <field>',
      'trabajo (haciendo|en) <field>',
    ],
    is: 'field',
    tell: 'Trabaja en {1}',
    also: 'work',
  },
  {
    say: ['(trabajo|trabajamos|estoy trabajando) (en|para) <workplace>'],
    is: 'workplace',
    tell: 'Trabaja en {1}',
    also: 'work',
    time: 'since',
  },
  { say: ['(trabajo|trabajamos|estoy trabajando) en <known>'], is: 'workplace', tell: 'Trabaja en {1}', time: 'since' },
  {
    say: [
      '(trabajo|trabajamos|estoy trabajando|llevo trabajando <count> anos|llevo <count> anos trabajando|entre a trabajar|empece a trabajar|empece|he empezado a trabajar|he empezado|acabo de empezar|acabo de empezar a trabajar|empiezo a trabajar|me han contratado|me contrataron|me ficho|consegui trabajo|he conseguido trabajo|encontre trabajo|he encontrado trabajo|ahora trabajo) (en|para) <org>',
      '(estoy|estamos) en <namedorg>',
      'mi empresa (es|se llama) <org>',
    ],
    is: 'employer',
    tell: 'Trabaja en {1}',
    also: 'work',
    time: 'since',
  },
];
