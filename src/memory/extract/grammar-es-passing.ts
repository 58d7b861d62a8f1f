import type { Rule } from './rules.ts';

/** Who the user is, said in passing within a request, in Spanish: "a mis 45 años", "en Murcia, que es donde vivo". */
export const PASSING_ES: readonly Rule[] = [
  {
    say: '(me|nos) (mudo|mudamos) (<any>)? (<any>)? (<any>)? (<any>)? (<any>)? a <place>',
    is: 'plan',
    tell: 'Se muda a {last}{date}',
    value: '{last}',
    time: 'must',
  },
  { say: '(mujer|hombre|chico|chica) (,|de) <age> anos', is: 'age', tell: 'Tiene {1} años', sure: 0.75 },
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
    say: 'soy <voluntario/voluntaria> (en|de) (la|el|un|una)? <rest>',
    is: 'hobby',
    tell: 'Es {1} en {2}',
    value: '{1} en {2}',
  },
  {
    say: 'soy (el|la)? <presidente/presidenta/encargado/encargada/responsable/directora/director/delegado/delegada/aprendiz/copropietario> de <rest>',
    is: 'occupation',
    tell: 'Es {1} de {2}',
    value: '{1} de {2}',
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
    say: '(busco|estoy buscando|ando buscando) <trabajo/curro/empleo>',
    is: 'employment',
    tell: 'Busca trabajo',
    value: 'busca trabajo',
    sure: 0.7,
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
  { say: 'como <oficio> ,', is: 'occupation', tell: 'Es {1}', sure: 0.7 },
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
    say: ['(con|a) mis <age> (anos|anitos)', 'a los <age> anos que tengo', 'tengo <age> anos (recien)? cumplidos'],
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
      '(estoy opositando a|oposito a|oposito para|preparo oposiciones de|preparo oposiciones a|estoy preparando (las|unas)? oposiciones (de|a|para)) <rest>',
    ],
    is: 'goal',
    tell: 'Se prepara para las oposiciones: {1}',
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
];
