import { wordSet } from './word-set.ts';

/** What is said ends before these. */
export const CLAUSE_ENDS = wordSet(`
  pero porque aunque cuando si desde asi mientras pues ya sino entonces pese excepto salvo
  but because since so when if while although though unless which who whom whose where until except then
  jaja jajaja jeje lol haha xd
`);
/** They join: more of the same, or a statement of its own. */
export const JOINTS = wordSet('y e o ni and or nor &');

/** After one of these (behind a joint or a comma) something new is being said. */
export const STATEMENT_STARTS = wordSet(`
  yo me mi mis soy estoy tengo vivo trabajo quiero quisiera voy necesito no nos nuestro nuestra he hemos tenemos vivimos somos estamos suelo
  prefiero odio adoro uso juego toco hago estudio hablo como quien el ella ellos se te tu tus le les lo que puedes podrias ayudame dime
  ahora luego despues ademas tambien hoy ayer manana siempre nunca busco llevo naci gracias hola este esta esto eso ese esa mira oye
  hace va tiene pierde suena consume gasta sale cuesta quiere necesita puede parece sigue viene anda falla da llora ladra come duerme suele empieza
  es son era fue hay ha han vamos puedo podria sabes crees cual como cuanto donde recomiendame recomienda dame ayuda sin_embargo
  i my we our me you your he she it they this that these those is are was were am what how can could would will should do does did have has
  please also then now today tomorrow yesterday not never always there here any thanks thank hi hello help give tell show let anyway
  however which im need want
`);

/** What may follow a name, a place or a trade: else it was a part of something else ("I'm German teacher"). */
export const MAY_FOLLOW = wordSet(`
  la los las viviendo residente residiendo afincado afincada otra nuevamente el next this in on y e o u pero porque de del en desde con sin para por que a al como aunque cuando si ni tengo soy vivo trabajo estoy me mi yo es ya asi
  mientras pues hace donde donde cerca junto encantado encantada mucho un_gusto ahora antes despues hoy actualmente todavia aun tambien
  llevo estudio desde_hace quiero necesito busco gracias jaja jajaja igual pero aqui alli alla este esta casi desde durante hasta sobre
  actualmente entre ultimamente
  and or but from in at on with without for since because so to who by of as i im ive my we near now today currently here there where
  right right_now though although while when if which that until before after living based working studying looking aged and also too
  these btw by_the_way nowadays then originally is has have almost about lol haha anymore not it's it just during again hello nice please
  lately this last next these_days over every
`);

/** Words that are no name, in whatever case. */
export const NO_NAMES = wordSet(`
  a al algo alguien antes aqui asi aun bien bueno cada como con cual cuando de del demasiado desde donde e el ella ellos en entonces era es
  esa ese eso esta estas este esto estos estoy feliz fue gracias ha hay he hola hoy la las le lo los mal mas me menos mi mis mucho muy nada
  nadie ni no nos o otra otro para pero poco por porque que quien quiza se ser si sin sobre solo soy su sus tal tambien tan tanto te tengo
  todo tu tus tuyo un una uno unos usted vos y ya yo vuestro vuestra asistente importante secreto privado
  about afraid again all almost already also always am an and any are as at back be been being both but by can confused could curious
  did do does doing done down else even ever every feeling fine for from getting glad going gonna good great had happy has have having he
  hello her here hey hi him his hoping how however i if in interested into is it its just like literally looking lost maybe me more most
  much my near never new nice no none not nothing now of off ok okay on one only or our out over please pretty probably ready really
  right sad same she should sick sir so some someone something soon sorry still stuck such sure thank thanks that the their them then
  there these they thinking this those thought through to too trying under unable unsure up us using very was way we well were what when
  where which while who why will wondering with working worried would wrong yes yet you your unknown irrelevant secret private important
  manana luego tarde pronto loco loca despues anonymous none_of_your_business unimportant hard written spelled pronounced lunes martes miercoles jueves viernes sabado domingo monday
  crazy lazy weird naive cynical paranoid stupid silly dumb chapter section slide settings preferences terminal
  tuesday wednesday thursday friday saturday sunday enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
  january february march april may june july august september october november december god jesus dios pro anti team gen generation
  sims bot ai ia gpt chatgpt claude assistant windows linux mac android excel python java google amazon netflix
`);

/** Adjectives and groups that are written with a capital, or look like a name: "I'm Catholic". */
export const NO_OWN_NAMES = wordSet(`
  catholic christian protestant muslim jewish buddhist hindu atheist agnostic mormon orthodox evangelical republican democrat liberal
  conservative libertarian socialist communist gay lesbian bisexual queer trans asexual straight single married divorced widowed engaged
  vegan vegetarian celiac retired pregnant deaf blind autistic dyslexic diabetic bipolar left-handed european latino latina hispanic black
  white asian african caucasian arab introverted extroverted canadian aquarius aries taurus gemini cancer virgo libra scorpio sagittarius
  capricorn pisces jain sikh quaker pagan wiccan batman superman spiderman satan legend human person man woman girl boy guy male female father mother dad mom
  catolico catolica cristiano cristiana musulman musulmana judio judia budista ateo atea agnostico lesbiana bisexual virgo tauro leo
  geminis escorpio sagitario capricornio acuario piscis europeo europea humano humana persona hombre mujer chico chica padre madre nuevo
  nueva malo mala joven viejo vieja alto alta bajo baja rubio rubia moreno morena zurdo zurda diestro fan socio socia miembro capaz
  consciente plural culpable responsable igual libre siempre asi novato novata principiante celiaco celiaca vegano vegana vegetariano
  alergico alergica diabetico diabetica autonomo autonoma jubilado jubilada estudiante
`);

/** What a liking is not of: the answer, the text, the way something was done. */
export const OF_THE_TALK = wordSet(`
  respuesta idea ideas version opcion opciones titulo titulos tono texto codigo funcion nombre propuesta propuestas sugerencia sugerencias
  parrafo borrador resultado correo frase linea error problema solucion enfoque final diseno explicacion ejemplo estructura redaccion manera forma
  primer primera segundo segunda tercero tercera ultimo ultima anterior siguiente pinta resumen lista traduccion cambio cambios logo estilo plan
  answer answers option options title tone text code function name names proposal suggestion suggestions paragraph draft result
  email sentence line bug error errors problem solution approach design explanation example structure wording way first second third last
  previous latter former summary list translation change changes logo output response reply style plan job look sound looks sounds
  version versions thought direction concept feedback color_scheme message post poem story joke jokes article website page layout issue
`);
/** With these it is said of the talk, or of nobody knows what. */
export const POINTING = wordSet(`
  it that this these those you your yours him her them how what when where who why which more better less most best if so one ones
  lo eso esto esta este estos estas esa ese esos esas aquello tu tus tuyo suyo su sus usted como cuando donde mas menos mejor peor que quien
  cual asi todo nada ambos ambas both either neither him tenerte tenerlo verlo verte hablarte te everything anything nothing something algo
  alguien nadie cuanto cuanta being not no_mucho demasiado it's otra otro another
`);

/** Left out at the end of what is said. */
export const TRAILERS = wordSet(`
  mucho muchisimo bastante demasiado tambien igual gracias verdad siempre por jaja porfa favor tio bro la_verdad la hoy mas
  really too much lot a very so well as btw tbh honestly lately please thanks though also anyway now lol haha obviously of course
`);

/** A colon behind one of these introduces the user ("about me: …"); behind others it introduces a text. */
export const INTRODUCE = wordSet(`
  me mi mis fact facts dato datos contexto context background info information informacion details detalles btw note nota intro presento
  presentacion pd ps update actualizacion correccion correction situacion situation perfil profile about yo case caso cierto this esto
  something algo thing cosa cosas things problem problema honest sincero introduction saber know lado plus
`);
