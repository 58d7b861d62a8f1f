import type { Scope, Slot } from './pattern.ts';
import { endOfThing, isWordAt, mayEndAt, plainAt } from './read.ts';
import { taste } from './slots-things.ts';
import { POSSESSIONS } from './words/activities.ts';
import { WORKPLACES } from './words/jobs.ts';
import { PLACES } from './words/places.ts';
import { longestIn, wordSet } from './words/word-set.ts';

/** What ails and is to be heeded, though it is no diagnosis that is kept only on demand. */
const AILMENTS = wordSet(`
  hernia hernia_discal hernias lesion lesiones artrosis tendinitis esguince fascitis fascitis_plantar escoliosis lumbago ciatica contractura_cronica
  rodilla_mala rodillas_malas mala_espalda espalda_mal dolor_de_espalda dolores_de_espalda problemas_de_espalda problemas_de_rodilla problemas_de_movilidad problemas_de_vista
  movilidad_reducida problemas_de_audicion vista_cansada colon_irritable reflujo gastritis acidez insomnio vertigos piel_atopica piel_sensible dermatitis dermatitis_atopica rosacea
  claustrofobia agorafobia misofonia protesis osteoporosis menisco_roto problemas_de_estomago estomago_delicado intestino_irritable acufenos hombro_mal rodilla_mal tobillo_mal pies_planos
`);
const BODY = wordSet(`
  rodilla rodillas espalda hombro cadera tobillo menisco ligamento ligamentos ligamento_cruzado muneca codo brazo pierna cuello cervicales lumbares pie mano clavicula femur
  pies tendon_de_aquiles corazon vesicula hernia apendice cataratas miopia
`);
const CLUBS = wordSet(`
  betis atleti atletico atletico_de_madrid madrid real_madrid barca barcelona fc_barcelona sevilla valencia athletic athletic_club osasuna celta sporting racing depor deportivo zaragoza
  espanyol villarreal getafe rayo rayo_vallecano levante cadiz granada malaga oviedo real_sociedad la_real mallorca elche las_palmas tenerife
  boca boca_juniors river river_plate san_lorenzo independiente racing_club velez estudiantes newells central rosario_central huracan lanus
  america club_america chivas pumas cruz_azul tigres rayados santos toluca atlas colo-colo colo_colo la_u universidad_de_chile alianza_lima universitario
  millonarios nacional atletico_nacional junior santa_fe penarol barcelona_de_guayaquil emelec liga_de_quito saprissa alajuelense olimpia cerro_porteno bolivar the_strongest
`);
const DEVICES = wordSet(`
  iphone ipad mac macbook imac android pixel samsung xiaomi redmi poco huawei motorola oneplus oppo realme nokia thinkpad lenovo dell hp asus acer msi chromebook surface kindle kobo
  nikon canon sony fujifilm olympus gopro ps5 ps4 playstation xbox nintendo_switch steam_deck raspberry_pi raspberry arduino garmin fitbit apple_watch thermomix roomba
  epson brother alexa echo google_home chromecast fire_tv
`);
const NOT_OF_DEVICES = new Set('con que para y en desde pero de_hace'.split(' '));
const ORDINALS = /^(?:primero|primer|segundo|tercero|tercer|cuarto|quinto|sexto|ultimo|[1-6](?:º|o|ro|er|do|to)?)$/;
const LEVELS = wordSet(`
  primaria secundaria eso bachillerato bachiller bach carrera grado medicina derecho ingenieria enfermeria magisterio prepa preparatoria liceo primaria infantil fp ciclo
  semestre cuatrimestre ano curso bachi ade psicologia arquitectura farmacia veterinaria
`);

/** `3º de la ESO`, `segundo de bachillerato`, `cuarto semestre de derecho`: in which year somebody is. */
export const course: Slot = (scope, at) => {
  if (!ORDINALS.test(plainAt(scope, at))) return undefined;
  let head = at + 1;
  while (head < at + 4 && /^(?:º|ª|de|la|el|ano|curso)$/.test(plainAt(scope, head))) head++;
  const length = longestIn(LEVELS, scope.tokens, head, scope.end, 2);
  if (length === 0) return undefined;
  const to = endOfThing(scope, head, new Set(['me', 'con', 'para', 'que', 'en']));
  return { from: at, to: Math.max(to, head + length) };
};

/** `una hernia discal en L5`, with where it is. */
export const ailment: Slot = (scope, at) => {
  const length = longestIn(AILMENTS, scope.tokens, at, scope.end, 3);
  if (length === 0) return undefined;
  let to = at + length;
  if (/^(?:en|de|del)$/.test(plainAt(scope, to))) {
    const article = /^(?:la|el|las|los)$/.test(plainAt(scope, to + 1)) ? 2 : 1;
    if (isWordAt(scope, to + article)) to += article + 1;
    if (/^(?:izquierda|izquierdo|derecha|derecho)$/.test(plainAt(scope, to))) to++;
  }
  return { from: at, to };
};

export const bodyPart: Slot = (scope, at) => {
  const length = longestIn(BODY, scope.tokens, at, scope.end, 3);
  const side = /^(?:izquierda|izquierdo|derecha|derecho)$/.test(plainAt(scope, at + length)) ? 1 : 0;
  return length > 0 ? { from: at, to: at + length + side } : undefined;
};
/** Nothing more is said: "no bebo", and not "no bebo tinto". */
export const ending: Slot = (scope, at) => (mayEndAt(scope, at) ? { from: at, to: at, silent: true } : undefined);
/** The same, more strictly: "no puedo correr", and not "no puedo correr el script". */
export const alone: Slot = (scope, at) =>
  plainAt(scope, at) === '' ||
  /^(?:\W|y|e|o|ni|por|porque|pero|desde|asi|ahora|que|tampoco|aunque)$/.test(plainAt(scope, at))
    ? { from: at, to: at, silent: true }
    : undefined;
export const club: Slot = (scope, at) => known(CLUBS, scope, at);
/** "soy de Boca" is a club, "soy de Sevilla" is a town. */
export const clubOnly: Slot = (scope, at) => (PLACES.has(plainAt(scope, at)) ? undefined : club(scope, at));

/** A machine that somebody can have: `un iPhone 13`, `una Nikon D3500`. */
export const device: Slot = (scope, at) => {
  const from = /^(?:un|una|el|la)$/.test(plainAt(scope, at)) ? at + 1 : at;
  if (longestIn(DEVICES, scope.tokens, from, scope.end, 3) === 0) return undefined;
  const to = endOfThing(scope, from, NOT_OF_DEVICES);
  return to <= from + 6 ? { from: at, to } : undefined;
};

/** What is preferred in general: not "esperar", nor "hacerlo yo". */
export const preference: Slot = (scope, at) => {
  const capture = taste(scope, at);
  const plain = plainAt(scope, at);
  if (capture === undefined || /[aei]r(?:lo|la|los|las|me|te|se)$/.test(plain)) return undefined;
  return capture.to === at + 1 && /[aei]r$/.test(plain) ? undefined : capture;
};

/** What somebody owns and works in: `peluquería en el centro`. */
export const tradePlace: Slot = (scope, at) => {
  const length = Math.max(
    longestIn(POSSESSIONS, scope.tokens, at, scope.end, 3),
    longestIn(WORKPLACES, scope.tokens, at, scope.end, 3),
  );
  return length > 0 ? { from: at, to: Math.max(at + length, endOfThing(scope, at)) } : undefined;
};

function known(set: ReadonlySet<string>, scope: Scope, at: number): ReturnType<Slot> {
  const length = longestIn(set, scope.tokens, at, scope.end, 3);
  return length > 0 && mayEndAt(scope, at + length) ? { from: at, to: at + length } : undefined;
}
