import type { Rule } from './rules.ts';

/** What is no longer so, in Spanish: "ya no juego al tenis", "ya no tengo coche". */
export const OVER_ES: readonly Rule[] = [
  {
    say: ['ya no (tomo|bebo|pruebo) (el|la)? <te/cafe/mate/cola/refrescos/te_verde/cafe_solo>'],
    is: 'likes',
    tell: 'Ya no toma {1}',
    ends: true,
  },
  {
    say: [
      'ya no (juego|voy|practico|hago|toco|entreno) (al|a la|a los|a|el|la)? <activity>',
      '(he dejado|deje) (el|la|de jugar al|de jugar a|de hacer|de tocar el|de tocar la) <activity>',
    ],
    is: 'hobby',
    tell: 'Ya no: {1}',
    ends: true,
  },
  {
    say: ['ya no (uso|utilizo|tengo|programo en|trabajo con) (el|la|un|una|mi)? <tech>'],
    is: 'uses',
    tell: 'Ya no usa {1}',
    ends: true,
  },
  {
    say: ['ya no (estudio|hago|curso) (la carrera de)? <study>'],
    is: 'studies',
    tell: 'Ya no estudia {1}',
    ends: true,
  },
  {
    say: [
      'ya no (estoy|salgo|vivo) con mi <novio/novia/pareja/marido/mujer/chico/chica>',
      'ya no tengo <novio/novia/pareja>',
    ],
    is: 'marital',
    tell: 'Ya no está con su {1}',
    value: 'ruptura',
    corrects: true,
  },
  {
    say: [
      '(he vendido | vendi) (el|la|mi) <coche/carro/auto/moto/bici/furgoneta>',
      'ya no tengo (el|la|mi)? <coche/carro/auto/moto/bici/furgoneta>',
    ],
    is: 'vehicle',
    tell: 'Ya no tiene {1}',
    value: '',
    ends: true,
  },
];
