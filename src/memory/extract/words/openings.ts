import { wordSet } from './word-set.ts';

/** A question begins with one of these. */
export const ASKING = wordSet(`
  que cual cuales quien quienes donde adonde cuando cuanto cuanta cuantos cuantas como por_que puedes puedo podrias podemos podria podeis sabes sabrias
  conoces crees hay tienes tenes eres es deberia debo recomiendas recomendarias recuerdas te_acuerdas alguna algun alguien me_puedes
  me_podrias me_recomiendas me_ayudas me_dices te_importa te_importaria se_puede cual_es serias quieres dirias me_das
  what which who whom whose where when how why can could would will should shall may might do does did is are was were am have has had any
  anyone anybody got wanna isn't aren't
`);

/** What is said behind one of these takes something back. */
export const CORRECTING = wordSet(`
  en_realidad actually me_equivoque rectifico mejor_dicho perdon perdona correccion correction sorry oops wait my_mistake my_bad i_mean i_meant
  in_fact de_hecho no_exactly
`);
