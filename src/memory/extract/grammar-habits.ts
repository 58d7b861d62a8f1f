import type { Rule } from './rules.ts';

/** What is done again and again. Last of all: what is told more exactly elsewhere is read there. */
export const HABITS_ES: readonly Rule[] = [
  {
    say: [
      'suelo <habit-es>',
      '(fumo|madrugo|teletrabajo|medito|cultivo|viajo en|me muevo en|voy al trabajo en|voy a trabajar en) <habit-es>',
    ],
    is: 'routine',
    tell: '{all}',
    value: '{all}',
    sure: 0.82,
  },
];

export const HABITS_EN: readonly Rule[] = [
  {
    say: [
      'i (usually|often|always|never|rarely|typically|normally|hardly ever|almost never|almost always|sometimes|tend to) <habit-en>',
      'i (smoke|vape|commute|cycle|bike|rent|meditate|garden|homeschool|volunteer|freelance|babysit|take the|ride the|walk to|drive to|bike to|commute to|work out) <habit-en>',
      'i (read|watch|listen to|cook|bake) (a lot of|mostly|mainly) <habit-en>',
    ],
    is: 'routine',
    tell: '{all}',
    value: '{all}',
    sure: 0.82,
  },
];
