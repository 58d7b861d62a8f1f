import type { Rule } from './rules.ts';

/** How the user wants to be spoken to, from now on. `{all}`: as it was said. */
export const INSTRUCTIONS_ES: readonly Rule[] = [
  {
    say: [
      '(respondeme|contestame|responde|contesta|hablame|escribeme|explicame|explicamelo|dame|ponme|usa|utiliza|tratame|llamame|incluye|termina|empieza|habla|escribe|se|respondedme|contestad|responda|conteste|respondame|hableme|respondeme) <standing>',
      '(siempre|nunca) (respondeme|contestame|responde|respondas|contestes|me respondas|me hables|hablame|me contestes|uses|utilices|usa|utiliza|me trates|dame|me des|pongas|pon|escribe|escribas|explicame|expliques|incluye|incluyas|me llames|llamame|termina|empieces|cita|citame) <habit>',
    ],
    is: 'instruction',
    tell: '{all}',
  },
  {
    say: [
      '(de ahora en adelante|a partir de ahora|a partir de hoy|desde ahora|de aqui en adelante|en adelante|de hoy en adelante|de ahora en mas|de aca en adelante|de aqui en mas|en el futuro|por defecto|en todas tus respuestas|en tus respuestas|cada vez que me respondas) (por favor)? <imperative>',
    ],
    is: 'instruction',
    tell: '{all}',
  },
  {
    say: [
      '(no (me)? (uses|utilices|pongas|metas|incluyas|anadas|des|hagas|mandes)) (nunca|mas)? (tantos|tantas|ningun)? <manners>',
      '(no me (trates|hables|llames)) de (usted|tu|vos)',
      '(tratame|hablame|trateme) de (usted|tu|vos)',
      '(tuteame|tratame de usted|tratame de tu|hablame de tu|hablame de usted|trateme de usted|hablame de vos|no me tutees)',
      '(sin | nada de) <manners> (siempre|nunca|en tus respuestas)',
      'nada de <manners> (por favor|porfa)',
      '(usa|utiliza) (el|los|las|la)? <measures>',
      '(dame|prefiero|quiero) (siempre)? (las)? (respuestas) <brief>',
      '(se) <breve/conciso/concisa/directo/directa> (en tus respuestas|conmigo|siempre|cuando me respondas)',
      '(deja|para|dejate) de (usar|poner|meter|incluir) <manners>',
      '(deja|para) de <disculparte/pedir_perdon/felicitarme/adularme/tratarme_de_usted/hablarme_de_usted/llamarme_usted>',
      'no me <felicites/adules/sermonees/halagues/trates_como_a_un_nino>',
      'no te <disculpes/enrolles> (tanto|mas|nunca)?',
      '(tratame|hablame) (siempre)? <en_femenino/en_masculino/en_neutro/como_a_un_colega/como_a_un_amigo>',
      'siempre (en|con) <gramos/mililitros/litros/kilos/kilometros/grados/celsius/euros/soles/pesos/espanol/castellano/ingles/catalan/ejemplos>',
      '(las|los) (medidas|respuestas|recetas|precios|fechas|distancias|temperaturas|cantidades|explicaciones|ejemplos|unidades) <standing>',
      'cuando me (des|pongas|expliques|mandes|escribas|hables|respondas|contestes) <habit>',
      '(avisame|preguntame|recuerdame|muestrame|ve|ponte) <standing>',
      '(explicame|cuentame) (siempre)? (las cosas|todo) (como|paso a paso|con|de forma|de manera) <habit>?',
      '(hablame|respondeme|contestame) (siempre)? (en) <lang> (siempre|por favor)?',
      '(cuando|siempre que|cada vez que) te (pida|pregunte|consulte|hable|escriba) <habit>',
      '(recuerda|acuerdate de) (responder|contestar|responderme|contestarme|hablarme|tutearme) <habit>',
      '(quiero|necesito|prefiero) que siempre me (des|pongas|expliques|cites|muestres|digas) <habit>',
      '(quiero|necesito|me gustaria|prefiero) que (siempre)? me (respondas|contestes|hables|trates|expliques|escribas|llames) <habit>',
      'no me (des|mandes|escribas) respuestas <brief>',
    ],
    is: 'instruction',
    tell: '{all}',
    sure: 0.86,
  },
];

export const INSTRUCTIONS_EN: readonly Rule[] = [
  {
    say: ['(please)? (write|spell|reply|answer|respond|talk|speak) (to me)? (in|using) <measures>'],
    is: 'instruction',
    tell: '{all}',
    sure: 0.84,
  },
  {
    say: [
      '(can|could|would|will) you (please)? (always|never) (please)? (answer|reply|respond|speak|talk|write|use|give|include|explain|address|call|start|end|cite|put|be|keep|format|add|tell|show|assume|greet|avoid|refer to|send|stick to) <foralways>',
    ],
    is: 'instruction',
    tell: '{all}',
  },
  {
    say: [
      'i (learn|work) (much)? (better|best) (with|by|from|through) <taste>',
      'i (use|prefer|need|am used to) <measures> <stop>',
    ],
    is: 'style',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(please)? do not call me <sir/madam/mate/dude/bro/buddy/dear/user/boss/maam/friend/honey/love/man/darling/by_my_first_name/by_my_name>',
    ],
    is: 'instruction',
    tell: '{all}',
  },
  {
    say: ['(when|whenever) i ask (for|about|you for|you to|you about) <any> <any>? <any>? , <imperative>'],
    is: 'instruction',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(please)? (always|never) (answer|reply|respond|speak|talk|write|use|give|include|explain|address|call|start|end|cite|put|be|keep|format|add|tell|show|assume|greet|avoid|refer to) <habit>',
      '(please)? (answer|reply|respond|speak|talk|write|use|give|include|explain|address|keep|be|format) <standing>',
    ],
    is: 'instruction',
    tell: '{all}',
  },
  {
    say: [
      '(from now on|going forward|in the future|in future|by default|from here on|moving forward|from this point on|whenever you answer|in all your answers|for all your answers|every time you answer) (please|i want you to|i would like you to|can you)? <imperative>',
    ],
    is: 'instruction',
    tell: '{all}',
  },
  {
    say: [
      '(please)? (do not|stop) (ever)? (use|using|include|including|add|adding|put|putting|give me|giving me) (any|so many|the)? <manners>',
      '(please)? (no) <manners> please',
      '(please)? use (the)? <measures>',
      '(please)? keep (your|the|all)? (answers|replies|responses|explanations|it|things) <brief>',
      '(please)? (be) <brief> (with me|in your answers|when you answer|always)',
      '(please)? (speak|talk|answer|reply|respond) (to me)? in <lang>',
      '(i want|i would like|i need) you to (always)? (answer|reply|respond|speak|talk|write|explain|call|address|be|keep) <habit>',
      '(please)? (avoid) (using)? <manners>',
      '(please)? (address me as|refer to me as) <habit>',
      '(please)? (do not|stop) (apologise|apologize|apologising|apologizing|apologising all the time|flatter me|flattering me|lecture me|lecturing me|call me sir)',
    ],
    is: 'instruction',
    tell: '{all}',
    sure: 0.86,
  },
];
