import type { Rule } from './rules.ts';

/** Who the user is and where, as it is said in passing, in English. Read before what is wider. */
export const PERSON_EN: readonly Rule[] = [
  {
    say: ['(i|we) (have)? (just|recently)? moved in with <company>', '(i|we) (live|am living) with <company>'],
    is: 'household',
    tell: 'Lives with {1}',
  },
  {
    say: ['my name is not <any> ,|but (it is|i am)? <name>', 'i am not <own> , i am <own>'],
    is: 'name',
    tell: 'Is called {last}',
    value: '{last}',
    corrects: true,
  },
  {
    say: [
      '(hi|hey|hello) (there)? (,)? it is (me)? (,)? <own>',
      'it is (me)? (,)? <own> again',
      'my names <own>',
      '(the names|name is|names|myself) <own> <stop>',
      'my (first|real|actual|given|full) name is <name>',
    ],
    is: 'name',
    tell: 'Is called {1}',
    sure: 0.86,
  },
  {
    say: ['(folks|they|mates|colleagues|my mates|my colleagues|my wife|my husband|my kids) (all)? call me <own>'],
    is: 'nickname',
    tell: 'Goes by {1}',
  },
  {
    say: [
      'i am (a|an)? (single|stay at home|stay-at-home|working|new|first time|first-time|busy|proud) <mother/father/parent>',
      'as (a|an|the) (single|working|new|busy)? <mother/father/parent> (of <any> <any>?)? (,)? (i|my|we)',
      'i am an <only_child>',
      'i am (a|an) <mother/father/parent/grandmother/grandfather/grandparent> <stop>',
      'i am (a|the)? (single|proud)? <mother/father/parent> (of|to) <twins/triplets>',
    ],
    is: 'family',
    tell: 'Is a {1}',
  },
  {
    say: [
      'i am (a|an)? <yearold>',
      'i am (a|an)? <age> (yo|y / o|yr old|yrs old|year old)',
      'i (have)? (just|recently)? turned <age> <stop>',
      'as (a|an) <yearold>',
    ],
    is: 'age',
    tell: 'Is {1} years old',
  },
  {
    say: [
      '(me and my | my) (wife|husband|partner|girlfriend|boyfriend|family|kids|fiance) (and i)? (live|are living|are based) in <place>',
    ],
    is: 'residence',
    tell: 'Lives in {1}',
    sure: 0.7,
  },
  {
    say: [
      '(in|to|near|around|from) <known> (,)? where (i|we) (live|am based|are based)',
      'where (i|we) live (,)? (in|near) <place>',
      '(i am|we are) based out of <place>',
      '(i|we) (rent|am renting|are renting) (a|an) (room|flat|apartment|house|place|studio) in <place>',
      '(i|we) (live|am living|are living) (on|by) <place>',
      '(i|we) stay in <known>',
      '(i|we) have (lived|been living) in <place>',
      '(i am|we are) new to <known>',
      '(i am|we are) renting in <place>',
      '(i|we) rent in <place>',
      'i split my time between <place> and <place>',
      'i live (with <any> <any>)? in <place>',
    ],
    is: 'residence',
    tell: 'Lives in {1}',
    time: 'since',
    sure: 0.84,
  },
  {
    say: ['(i am|we are) back (home)? in <known>', '(i|we) (have)? (gone|moved|went|come|came) back home to <place>'],
    is: 'residence',
    tell: 'Lives in {1}',
    corrects: true,
    sure: 0.84,
  },
  {
    say: [
      '(my partner and i | my wife and i | my husband and i | my family and i) are (originally|both)? from <origin>',
      '(i was)? (born and (raised|bred|brought up)) in <origin>',
      'i grew up (on a farm|in a village|in a small town|just outside|near) (in|near)? <origin>',
      'i belong to <known>',
      'i am <known> (born|bred|raised)',
      'my native (place|village|city|town) is <place>',
      '(my|our) hometown is <place>',
    ],
    is: 'origin',
    tell: 'Is from {1}',
  },
  {
    say: ['as (a|an) <demonym> (living in <place>)? (,)? (i|my|we)', 'being (a|an)? <demonym> , (i|my|we)'],
    is: 'nationality',
    tell: 'Is {1}',
  },
];
