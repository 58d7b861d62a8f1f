import { wordSet } from './word-set.ts';

/** Whom people call theirs, and as whom they are known: `mi mujer` and `my wife` are the partner. */
const THEIRS: Readonly<Record<string, string>> = {
  partner:
    'chava churri polola pololo enamorada enamorado senora mujer marido esposa esposo novia novio pareja prometida prometido chica chico wife husband spouse girlfriend boyfriend partner fiance fiancee missus other_half significant_other',
  mother: 'madre mama mami viejita jefa_de_familia mother mam vieja mamita',
  father: 'padre papa papi father viejo viejito',
  parents: 'padres papas viejos suegros parents folks in-laws',
  daughter: 'hija nena daughter hijas daughters stepdaughter step-daughter hijita',
  son: 'hijo nene son sons stepson step-son hijito',
  children:
    'hijos kid kids child children ninos nino nina baby bebe boys girls twins stepkids step-kids stepchildren ninas bebes guagua mellizos mellizas gemelos gemelas trillizos chamaco chamaca chavalin retono churumbel',
  sister: 'hermanastra hermana hermanas sister sisters sis half-sister stepsister twin_sister',
  brother: 'hermano hermanos brother brothers sibling siblings bro half-brother stepbrother twin_brother',
  grandmother: 'abuela abuelita yaya nana grandmother grandma nan nanna gran granny nonna',
  grandfather: 'abuelo abuelito yayo grandfather grandpa grandad granddad gramps nonno',
  grandparents: 'abuelos grandparents',
  grandchild: 'nieto nieta nietos nietas grandson granddaughter grandchild grandchildren grandkids',
  aunt: 'tia auntie aunt',
  uncle: 'tio uncle',
  cousin: 'primo prima primos primas cousin cousins',
  nephew: 'sobrino sobrinos nephew nephews',
  niece: 'sobrina sobrinas niece nieces',
  'mother-in-law': 'suegra mother-in-law mother_in_law suegrita',
  'father-in-law': 'suegro father-in-law father_in_law',
  'sister-in-law': 'cunada sister-in-law sister_in_law',
  'brother-in-law': 'cunado brother-in-law brother_in_law',
  dog: 'perro perra perrito perrita perros cachorro cachorra dog dogs puppy pup golden labrador bulldog caniche beagle galgo border_collie husky poodle retriever corgi dachshund cockapoo labradoodle cavapoo spaniel cocker_spaniel german_shepherd pug greyhound whippet terrier jack_russell schnauzer pitbull staffie shih_tzu westie collie golden_retriever doggo dalmatian rottweiler',
  cat: 'gato gata gatito gatita gatos gatas cat cats kitten kitty kittens tabby moggy ragdoll maine_coon siamese_cat',
  pet: 'conejo coneja loro tortuga hamster caballo yegua periquito canario huron cobaya mascota pez peces gallinas rabbit bunny parrot turtle tortoise horse bird budgie ferret pet fish chickens lizard snake iguana guinea_pig guinea_pigs gerbil gerbils hens rabbits bunnies parrots parakeet cockatiel budgies tortoises snakes goldfish tropical_fish goats alpacas pony ponies donkey horses bees gecko bearded_dragon hamsters ducks',
  doctor: 'medico medica doctora doctor terapeuta therapist psicologa psicologo dentist',
  teacher: 'profe profesor profesora teacher tutor',
  landlord: 'casero casera landlord landlady',
  boss: 'jefe jefa boss manager',
  ex: 'ex exmarido exmujer ex-husband ex-wife ex-girlfriend ex-boyfriend',
  child: 'peques crios crias chavales nanos toddler teenager peque crio cria chaval',
  stepchild: 'hijastro hijastra',
  stepparent: 'padrastro madrastra stepfather stepmother stepdad stepmom',
  godchild: 'ahijado ahijada godson goddaughter',
  colleague: 'socio socia companero_de_trabajo companera_de_trabajo colega coworker colleague business_partner',
  friend: 'amigo amiga friend mejor_amigo mejor_amiga best_friend',
  roommate:
    'companero companera companero_de_cuarto companera_de_cuarto roomie roommate flatmate housemate companero_de_piso companera_de_piso',
};

export const KIN: ReadonlyMap<string, string> = new Map(
  Object.entries(THEIRS).flatMap(([subject, words]) => [...wordSet(words)].map((word) => [word, subject] as const)),
);
export const ANIMALS = new Set(['dog', 'cat', 'pet']);
/** Of whom a user tells in passing: a candidate of theirs is worth little. */
export const PASSERS_BY = new Set(['boss', 'friend', 'roommate', 'colleague']);
/** `my older sister`, `mi hija mayor`. */
export const WHICH_OF_THEM = wordSet(`
  mayor menor pequena pequeno mediana mediano gemela gemelo gemelas gemelos nueva nuevo actual otra otro primer primera segunda segundo
  older elder eldest oldest younger youngest little big twin baby new other late middle only second first dear lovely beautiful
  rescue elderly adopted foster lil unica unico querida querido dos tres cuatro two three four teenage adolescente hermosa
`);

export const NUMBERS: ReadonlyMap<string, number> = new Map(
  `uno un una one a an|dos two couple par|tres three|cuatro four|cinco five|seis six|siete seven|ocho eight|nueve nine|diez ten|once eleven|doce twelve
  |trece thirteen|catorce fourteen|quince fifteen|dieciseis sixteen|diecisiete seventeen|dieciocho eighteen|diecinueve nineteen|veinte twenty
  |veintiuno twenty-one|veintidos twenty-two|veintitres twenty-three|veinticuatro twenty-four|veinticinco twenty-five|veintiseis twenty-six
  |veintisiete twenty-seven|veintiocho twenty-eight|veintinueve twenty-nine|treinta thirty`
    .split('|')
    .flatMap((words, index) =>
      words
        .trim()
        .split(/\s+/)
        .map((word): [string, number] => [word, index + 1]),
    ),
)
  .set('cuarenta', 40)
  .set('forty', 40)
  .set('cincuenta', 50)
  .set('fifty', 50)
  .set('sesenta', 60)
  .set('sixty', 60)
  .set('setenta', 70)
  .set('ochenta', 80)
  .set('noventa', 90);

/** Given names that people also write in lower case. Others are known by their capital. */
export const GIVEN_NAMES = wordSet(`
  ana maria jose juan pedro pablo lucia marta laura carmen javier javi alvaro sergio david daniel dani alejandro alejandra alex carlos miguel
  luis antonio manuel francisco paco pepe rafael rafa jorge fernando alberto roberto raul ruben ivan victor hugo mario diego adrian marcos
  andres angel angela rosa elena isabel cristina patricia sara paula julia claudia andrea irene silvia beatriz sonia nuria raquel monica
  teresa pilar rocio alba eva noelia natalia lorena veronica susana yolanda ines sofia valentina camila martina daniela mariana gabriela
  gabriel valeria ximena jimena catalina victoria guadalupe lupe santiago mateo matias sebastian nicolas joaquin tomas benjamin emiliano
  leonardo rodrigo gonzalo ignacio nacho enrique ricardo eduardo guillermo felipe xavier jordi marc pau oriol nerea ainhoa iker unai aitor
  mikel jon leire maite amaia john james robert michael mike william bill will thomas tom charlie charles joseph joe dave chris christopher
  matthew matt anthony mark paul steven steve andrew andy kenneth ken kevin brian george edward ed ted ronald tim timothy jason jeff ryan
  jacob jake gary nick eric jonathan stephen larry justin scott brandon ben samuel sam greg frank patrick pat jack dennis jerry tyler aaron
  henry adam nathan zach kyle noah ethan liam lucas owen max oscar leo harry oliver mary patty jennifer jen jenny linda elizabeth liz beth
  barbara susan sue jessica jess sarah karen lisa nancy betty sandra margaret maggie ashley kim kimberly emily donna michelle carol amanda
  melissa deborah debbie stephanie rebecca becky sharon cynthia kathleen kate katie amy shirley helen anna anne annie nicole samantha
  katherine emma ruth christine catherine rachel carolyn janet heather diane olivia julie joyce kelly christina lauren joan evelyn judith
  megan hannah chloe sophie sophia zoe lily grace alice molly ella mia isla ruby marta joao pierre marie yuki priya ahmed mohamed fatima
  omar ali noor wei ming olga ivana katya nadia lena ingrid sven lars bjorn hans giulia marco luca matteo chiara francesca
`);
