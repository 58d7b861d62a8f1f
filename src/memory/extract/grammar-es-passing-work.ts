import type { Rule } from './rules.ts';

/** What the user does and studies, said in passing, in Spanish: "como electricista que soy", "me acaban de contratar en …". */
export const PASSING_WORK_ES: readonly Rule[] = [
  {
    say: ['soy (alumno|alumna|estudiante) de <course>', 'soy alumno|alumna de <study>'],
    is: 'studies',
    tell: 'Estudia {1}',
  },
  {
    say: 'trabajo (solo)? <por_las_mananas/por_las_tardes/de_lunes_a_viernes/de_lunes_a_sabado/los_fines_de_semana/los_findes/media_jornada/a_jornada_completa/jornada_completa/a_tiempo_completo>',
    is: 'schedule',
    tell: 'Trabaja {1}',
    also: 'work',
  },
  {
    say: 'soy (el|la)? <presidente/presidenta/encargado/encargada/responsable/directora/director/delegado/delegada/aprendiz/copropietario> de <rest>',
    is: 'occupation',
    tell: 'Es {1} de {2}',
    value: '{1} de {2}',
  },
  {
    say: '(busco|estoy buscando|ando buscando) <trabajo/curro/empleo>',
    is: 'employment',
    tell: 'Busca trabajo',
    value: 'busca trabajo',
    sure: 0.7,
  },
  {
    say: [
      'llevo <any> (anos|ano|meses) trabajando (en|para) <workplace>',
      '(he empezado | empece | empiezo | he entrado | entre) a trabajar (<any>)? (en|para) <workplace>',
      'me (acaban de (contratar|coger|fichar) | han (contratado|cogido|fichado) | contrataron | cogieron | ficharon) en <workplace>',
    ],
    is: 'workplace',
    tell: 'Trabaja en {last}',
    value: '{last}',
  },
  { say: ['me acaban de (contratar|coger|fichar) en <org>'], is: 'employer', tell: 'Trabaja en {1}', also: 'work' },
  {
    say: ['me acaban de <despedir/echar>'],
    is: 'employment',
    tell: 'Está sin trabajo: {all}',
    value: 'sin trabajo',
  },
  {
    say: [
      'trabajo con <ninos/pacientes/ancianos/mayores/personas_mayores/adolescentes/jovenes/animales/caballos/personas_con_discapacidad/refugiados/bebes> <rest>?',
    ],
    is: 'field',
    tell: 'Trabaja con {1} {2}',
    value: '{1}',
  },
  {
    say: ['mi (empresa|negocio) se dedica a (la|el|los|las)? <rest>'],
    is: 'field',
    tell: 'Su empresa se dedica a {1}',
  },
  {
    say: ['estoy de <erasmus> (en <place>)?', 'hago <bachillerato/la_eso/la_prepa/bachi/segundo_de_bachillerato>'],
    is: 'studies',
    tell: 'Estudia: {all}',
    value: '{all}',
  },
  {
    say: [
      '(acabo de (terminar|acabar) | acabe | termine | he terminado | he acabado) (la carrera|el grado|el master|la licenciatura|el doctorado) (de|en) <study>',
    ],
    is: 'education',
    tell: 'Ha estudiado {1}',
  },
  { say: 'como <oficio> ,', is: 'occupation', tell: 'Es {1}', sure: 0.7 },
  {
    say: [
      'como <oficio> que soy',
      '(al ser|siendo|como buen|como buena) <oficio>',
      'soy de profesion <oficio>',
      'me gano la vida (como|de) <oficio>',
    ],
    is: 'occupation',
    tell: 'Es {1}',
    also: 'work',
  },
  {
    say: [
      'soy <dueno/duena/propietario/propietaria/fundador/fundadora/cofundador/cofundadora/socio/socia> de (un|una|mi|el|la) <trade-place>',
    ],
    is: 'occupation',
    tell: 'Es {1} de {2}',
    value: '{1} de {2}',
  },
  {
    say: [
      '(doy|imparto|ensenio) (clases|clase) (particulares|online|de apoyo|extraescolares)? (de|en|a) <subject>',
      'enseno <subject>',
    ],
    is: 'occupation',
    tell: 'Da clases de {1}',
    value: 'clases de {1}',
    also: 'work',
  },
  {
    say: [
      '(trabajo|estoy trabajando) <limpiando/cuidando/repartiendo/vendiendo/conduciendo/cocinando/sirviendo/atendiendo/montando/instalando/reparando/arreglando/cosiendo> <rest>',
      'me gano la vida <limpiando/cuidando/repartiendo/vendiendo/conduciendo/cocinando/tocando/pintando/cosiendo> <rest>',
    ],
    is: 'occupation',
    tell: 'Trabaja {1} {2}',
    value: '{1} {2}',
  },
  {
    say: [
      '(acabo de (empezar|entrar|comenzar) (a trabajar)? | acabo de ser (contratado|contratada) | empece (a trabajar)? (hace poco|ayer|hoy|la semana pasada|este mes|esta semana|el lunes|el mes pasado)?) (en|para) <workplace>',
    ],
    is: 'workplace',
    tell: 'Trabaja en {1}',
  },
  {
    say: [
      '(acabo de (empezar|entrar|comenzar) (a trabajar)? | empece (a trabajar)? (hace poco|ayer|hoy|la semana pasada|este mes|esta semana|el lunes|el mes pasado)) (en|para) <org>',
    ],
    is: 'employer',
    tell: 'Trabaja en {1}',
    also: 'work',
  },
  {
    say: [
      '(trabajo|trabajamos) (en)? <remoto> (para)? <workplace>?',
      'hago <teletrabajo>',
      '(soy|vivo como) <nomada_digital>',
    ],
    is: 'workplace',
    tell: 'Trabaja: {all}',
    value: '{all}',
  },
  {
    say: [
      'hago turnos (de)? <noche/tarde/manana/rotativos/partidos>',
      'trabajo (en)? turnos <rotativos>',
      'tengo turno <de_noche/de_tarde/de_manana/partido>',
    ],
    is: 'schedule',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(estoy|voy) (en)? <course> (de (la)? (carrera|grado|ingenieria|licenciatura)? (de)?)? <study>?',
      '(curso|hago|repito|estudio) <course> (de)? <study>',
    ],
    is: 'studies',
    tell: 'Estudia: {all}',
    value: '{all}',
  },
  {
    say: [
      '(hago|estudio|curso|estoy (haciendo|acabando|terminando|cursando|estudiando)) (la carrera|el grado|la licenciatura|la ingenieria|el master|un grado|una licenciatura|un master|un doctorado|un posgrado|la maestria|una maestria|la tecnicatura|un profesorado|el profesorado|el bachillerato) (de|en)? <study>',
      '(hago|estoy (haciendo|acabando|terminando|escribiendo)) (el|mi) (tfg|tfm|trabajo de fin de grado|trabajo de fin de master|proyecto de fin de carrera) (sobre|de|en) <study>',
      'voy a la (universidad|uni|facultad) (de)? <place>',
    ],
    is: 'studies',
    tell: 'Estudia {1}',
  },
];
