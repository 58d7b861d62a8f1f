import type { Rule } from './rules.ts';

/** What comes and what has been: kept with its date, where one is told. `must`: without a date it is small talk. */
export const EVENTS_ES: readonly Rule[] = [
  {
    say: [
      '(es|sera) mi <boda/graduacion/despedida_de_soltera/despedida_de_soltero/cumpleanos>',
      'salgo de <cuentas>',
      'corro (el|la|un|una|mi)? <race>',
      'me voy de <erasmus>',
      'mi vuelo (a <place>)? (sale)? <any>?',
    ],
    is: 'plan',
    tell: '{all}{date}',
    value: '{all}',
    time: 'must',
  },
  {
    say: ['(viajo|viajamos|vuelo|volamos|me voy|nos vamos) (de (viaje|vacaciones))? (a|hacia|para) <origin>'],
    is: 'plan',
    tell: 'Viaja a {1}{date}',
    time: 'ahead',
  },
  {
    say: ['me jubilo', 'me (opero|operan)', 'me examino (de|del|de la)? <any>', 'doy a <luz>'],
    is: 'plan',
    tell: '{all}{date}',
    value: '{all}',
    time: 'must',
  },
  {
    say: [
      '(estamos|estoy) esperando (a)? (nuestro|nuestra|mi|un|una|el|la) (primer|segundo|tercer|primera|segunda)? <hijo/hija/bebe/nino/nina>',
    ],
    is: 'plan',
    tell: 'Espera un bebé{date}',
    value: 'bebé',
    time: 'ahead',
  },
  {
    say: 'entreno para (correr)? (el|la|un|una|mi)? <race>',
    is: 'goal',
    tell: 'Se prepara para {1}{date}',
    time: 'ahead',
  },
  {
    say: ['se (me|nos) (murio|ha muerto) (el|la|mi) <kinds>', '(deje|he dejado) la (carrera|universidad|uni)'],
    is: 'happened',
    tell: '{all}{date}',
    value: '{all}',
    time: 'back',
  },
  { say: 'cumplo <age> (anos)?', is: 'birthday', tell: 'Cumple {1} años{date}', value: '{all}', time: 'must' },
  {
    say: ['(me caso|nos casamos|me voy a casar|nos vamos a casar) (con <name>)?'],
    is: 'plan',
    tell: 'Se casa{date}',
    value: 'boda',
    time: 'ahead',
  },
  {
    say: [
      'tengo (el|la|las|un|una|mi|los|otra|otro)? <appointment>',
      'me toca (el|un|una)? <appointment>',
      'hay (un|una)? <appointment>',
    ],
    is: 'plan',
    tell: 'Tiene {1}{date}',
    time: 'must',
  },
  {
    say: ['me (operan|van a operar|hacen una operacion) (de|del)? <rest>'],
    is: 'plan',
    tell: 'Le operan de {1}{date}',
    time: 'must',
  },
  {
    say: [
      '(voy|vamos|salgo|salimos|voy a viajar|vamos a viajar|voy a ir|vamos a ir|me voy de viaje|nos vamos de viaje|voy de vacaciones|vamos de vacaciones|me voy de vacaciones|nos vamos de vacaciones) (a|hacia|para) <place>',
    ],
    is: 'plan',
    tell: 'Viaja a {1}{date}',
    time: 'must',
  },
  {
    say: ['(voy|vamos|me voy) a <correr/participar_en/hacer> (el|la|un|una|mi)? <race>'],
    is: 'plan',
    tell: 'Va a {1} {2}{date}',
    value: '{2}',
    time: 'ahead',
  },
  {
    say: [
      '(empiezo|comienzo|empezamos) (a trabajar|un curso|el curso|la universidad|un trabajo nuevo|mi nuevo trabajo|un nuevo trabajo|las clases|las practicas) <rest>?',
      '(empiezo|comienzo) <rest>',
    ],
    is: 'plan',
    tell: '{all}{date}',
    time: 'must',
  },
  {
    say: [
      '(estoy esperando|estamos esperando|espero|esperamos) un <bebe/hijo>',
      'vamos a ser <padres>',
      'voy a ser <padre/madre/tio/tia/abuelo/abuela>',
    ],
    is: 'plan',
    tell: 'Espera un bebé{date}',
    value: 'bebé',
    time: 'ahead',
  },
  {
    say: [
      '(estoy|estamos|llevo <count> meses|llevo un tiempo) aprendiendo (a)? (hablar)? <skill>',
      'quiero aprender (a)? (hablar)? <skill>',
      'estoy estudiando <lang>',
      'voy a clases de <lang>',
    ],
    is: 'goal',
    tell: 'Aprende {1}',
  },
  {
    say: [
      '(estoy|estamos) (entrenando|preparandome|preparando) (para)? (correr)? (el|la|los|las|un|una|mi|mis)? <race>',
      'me estoy (preparando|entrenando) para (el|la|los|las|un|una|mi)? <race>',
      '(preparo|oposito a|estoy opositando a|oposito para) (el|la|los|las)? <race>',
    ],
    is: 'goal',
    tell: 'Se prepara para {1}{date}',
    time: 'ahead',
  },
  {
    say: ['mi (objetivo|meta|sueno|proposito) (este ano|para este ano|principal)? es <rest>'],
    is: 'goal',
    tell: 'Su objetivo: {1}',
    time: 'ahead',
  },
  {
    say: [
      '(estoy|estamos) (escribiendo|montando|construyendo|restaurando|reformando|organizando|planeando) (un|una|mi|nuestro|nuestra|la|el) <project>',
    ],
    is: 'goal',
    tell: '{all}',
  },
  {
    say: [
      'estoy intentando (dejar) de <fumar/beber>',
      'estoy dejando de <fumar/beber>',
      'quiero dejar de <fumar/beber>',
      'estoy <ahorrando> para <rest>',
    ],
    is: 'goal',
    tell: '{all}',
  },
  {
    say: [
      'me (gradue|licencie|doctore) (de|en) <rest>',
      '(corri|termine|acabe) (el|la|mi) <race>',
      '(me rompi|me he roto|me fracture|me torci|me operaron|me han operado) (de|el|la|los|del)? <rest>',
      '(aprobe|he aprobado|saque) (el|la|las|los)? <exam>',
      '(compramos|me compre|nos compramos|hemos comprado|he comprado) (un|una) (casa|piso|apartamento|departamento)',
      '(adopte|adoptamos|he adoptado|hemos adoptado) (un|una|dos|a) <kinds> <rest>?',
      '(publique|he publicado) mi (primer|primera|segundo|segunda)? (libro|novela|disco|articulo)',
      '(me ascendieron|me han ascendido)',
      '(deje|he dejado) de fumar',
      '(estuve|fui|fuimos|viaje|viajamos|estuvimos) (de viaje|de vacaciones)? (a|en|por) <place>',
      '(acabo de | acabamos de) (adoptar|comprar) <rest>',
    ],
    is: 'happened',
    tell: '{all}{date}',
    time: 'back',
  },
  {
    say: '(deje|he dejado|acabo de dejar) (mi trabajo|el trabajo|el curro|mi empleo|mi puesto)',
    is: 'employer',
    tell: 'Ha dejado su trabajo',
    value: '',
    ends: true,
  },
  {
    say: [
      '(nacio|ha nacido) (mi|nuestro|nuestra) <kinds> <rest>?',
      '(murio|fallecio|ha muerto|ha fallecido|se murio) mi <kinds> <rest>?',
      'perdi a mi <kinds>',
    ],
    is: 'happened',
    tell: '{all}{date}',
    time: 'back',
  },
];
