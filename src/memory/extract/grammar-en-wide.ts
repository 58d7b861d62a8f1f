import type { Rule } from './rules.ts';

/** What is said in no particular words, in English: read where nothing narrower has. A little less sure. */
export const WIDE_EN: readonly Rule[] = [
  {
    say: [
      '(i|we) (work|am working|volunteer|have worked) (at|in|for) <somewhere>',
      'i (have|got) a job (at|in|with) <somewhere>',
    ],
    is: 'workplace',
    tell: 'Works at {1}',
    time: 'since',
    sure: 0.84,
  },
  {
    say: ['(i|we) (use|am using|have been using|swear by|switched to|have switched to) <titled>'],
    is: 'uses',
    tell: 'Uses {1}',
    sure: 0.82,
  },
  {
    say: [
      '(i|we) (can not|do not|never|no longer) (eat|stomach|digest) <anyfood>',
      '(i|we) (do not|never) drink <anyfood>',
      '(i|we) (can not|am not allowed to) have <anyfood>',
      'i react (badly)? to <anyfood>',
    ],
    is: 'diet',
    tell: 'Does not take {1}',
    sure: 0.82,
  },
  { say: ['(i|we) (have|own|bought|have bought|use) <thing>'], is: 'owns', tell: 'Has {1}', sure: 0.84 },
  {
    say: [
      '(i am|we are) (presenting|speaking|performing|renovating|redecorating|attending|competing|launching|adopting|throwing|celebrating|hosting) <rest>',
      '(i am|we are) (having|getting) (a|an|my|our|the) <any> (<any>)? (<any>)? (done|fitted|removed|installed|out|christened|fixed|replaced|delivered)',
      '(i am|we are) (having|throwing) (a|an|my|our) (<any>)? (<any>)? (party|barbecue|bbq|wedding|baby shower|housewarming|anniversary|reunion|garden party)',
      '(i am|we are) (going on|taking) (a|our|my) (cruise|honeymoon|holiday|vacation|road trip|sabbatical|ski trip|trip|camping trip|city break|retreat)',
      '(i am|we are) going (camping|skiing|hiking|sailing|diving|travelling|traveling|backpacking|on holiday|on vacation|to a concert|back to school|back to work|back to uni)',
      '(i|we) (finish|leave|graduate|retire|defend|submit|hand in|start back|go back|close on|exchange on) <rest>',
      'it is (my|our) <anniversary/wedding_anniversary/graduation/wedding>',
    ],
    is: 'plan',
    tell: '{all}{date}',
    value: '{all}',
    time: 'must',
    sure: 0.82,
  },
  {
    say: [
      '(i|we) (have)? (taken up|took up|am getting into|got back into|am getting back into) <taste>',
      'i am (really|very|quite)? (big into|mad about|nuts about|mad on|a fan of|partial to|all about|fascinated by) <taste>',
    ],
    is: 'likes',
    tell: 'Likes {1}',
  },
  {
    say: [
      'i am (not|no) (really|very|that|too|much)? (good with|fond of|big on|bothered about|a lover of|fussed about|one for) <taste>',
    ],
    is: 'dislikes',
    tell: 'Does not like {1}',
  },
  {
    say: [
      'i (am|have been) (trying|planning|hoping|aiming) to (become|open|launch|get into|qualify as|move into|retire|learn|pass|finish|write|build|grow) <rest>',
      'i (want|would like|hope|dream of|plan) to (become|open my own|launch my own|qualify as|run my own|write a|get my) <rest>',
      'my (dream|goal|ambition|plan) is to <rest>',
    ],
    is: 'goal',
    tell: '{all}',
    value: '{all}',
    sure: 0.82,
  },
  {
    say: [
      '(please)? (just)? (give|send|show|tell) me (just|only)? <rest> (from now on|always|every time|by default|in future)',
      '(i would rather|i prefer it if|i would prefer) you (did not|do not|not|always|just|kept|gave|used|wrote|spoke) <rest>',
      'i (hate|do not like|dislike) it when you <rest>',
    ],
    is: 'instruction',
    tell: '{all}',
    value: '{all}',
    sure: 0.82,
  },
];
