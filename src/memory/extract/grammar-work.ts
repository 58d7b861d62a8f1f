import type { Rule } from './rules.ts';

/** Behind what somebody does: where and for whom ("soy enfermera *en el hospital*", "I'm a nurse *at Mercy*"). */
export const WORK_ES: readonly Rule[] = [
  {
    say: ['(viviendo|residente|residiendo|afincado|afincada) en <place>', '(y|pero) (vivo|resido) en <place>'],
    is: 'residence',
    tell: 'Vive en {1}',
  },
  { say: ', <oficio>', is: 'occupation', tell: 'Es {1}', also: 'work' },
  { say: ['de <known>', ', de <origin>'], is: 'origin', tell: 'Es de {1}' },
  { say: 'en el sector de la|del|de <field>', is: 'field', tell: 'Trabaja en {1}' },
  { say: 'en <field>', is: 'field', tell: 'Trabaja en {1}' },
  { say: 'en <known>', is: 'workplace', tell: 'Trabaja en {1}' },
  { say: ['en <workplace>', 'para <workplace>'], is: 'workplace', tell: 'Trabaja en {1}' },
  { say: ['en|para <org>'], is: 'employer', tell: 'Trabaja en {1}' },
  { say: 'como|de <oficio>', is: 'occupation', tell: 'Es {1}' },
];

export const WORK_EN: readonly Rule[] = [
  { say: [',? (based|living|currently based) (out of|in|near) <place>'], is: 'residence', tell: 'Lives in {1}' },
  { say: ', a|an <trade>', is: 'occupation', tell: 'Is a {1}', also: 'work' },
  { say: ',? from <origin>', is: 'origin', tell: 'Is from {1}' },
  { say: ['in <field>'], is: 'field', tell: 'Works in {1}' },
  { say: ['at|in|for <workplace>'], is: 'workplace', tell: 'Works at {1}' },
  { say: ['at|for|with|by <org>'], is: 'employer', tell: 'Works at {1}' },
  { say: 'as (a|an|the) <trade>', is: 'occupation', tell: 'Is a {1}' },
];

/** How one's own people and animals are introduced. */
export const HAVING_ES: readonly Rule[] = [
  {
    say: [
      '(tengo|tenemos|somos padres de|soy (madre|padre|abuela|abuelo|tia|tio|papa|mama) (soltera|soltero)? de|estoy a cargo de|acabamos de adoptar|hemos adoptado|adoptamos|convivo con) <owned>',
    ],
    is: 'family',
    tell: 'Tiene {1}',
  },
];
export const HAVING_EN: readonly Rule[] = [
  {
    say: [
      '(i|we) (have|got|own|keep|adopted|have adopted|just adopted|rescued|foster|breed|have rescued|live with) <owned>',
      'i am (a|the)? (proud|single)? (mother|father|parent|grandmother|grandfather) (of|to) <owned>',
    ],
    is: 'family',
    tell: 'Has {1}',
  },
];
