import type { Rule } from './rules.ts';

/** More of who the user is, in English: what is less common, and read before what is wider. */
export const MORE_EN: readonly Rule[] = [
  {
    say: [
      'i (have|have got) a (bad|dodgy|sore|weak|messed up|torn) <knee/back/shoulder/hip/ankle/wrist/neck/hernia>',
      'i have a <pacemaker/stoma/hernia/herniated_disc/food_intolerance/heart_condition/prosthesis>',
      'i carry <an_epipen/epipens>',
      'i am recovering from <rest>',
    ],
    is: 'health',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(i|we) (have|live in|rent|own) (a|an) (<number> (bedroom|bed|room|bathroom)|studio|tiny|small|big) <apartment/flat/house/place/home/condo>',
      '(i|we) (live|am|are) (on|in) the <any> floor',
      '(i|we) live in a <walk-up/high-rise/village/van/dorm/shared_house>',
    ],
    is: 'household',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(i|we) (moved|came) (here|over) from <origin>',
      'grew up in <origin>',
      'born (and raised)? in <origin>',
      'originally from <origin>',
      'from <known> originally?',
    ],
    is: 'origin',
    tell: 'Is from {1}',
  },
  {
    say: [
      'i am a native <lang> speaker',
      'my <lang> is (not|pretty|very|kind of|a bit)? (very)? <good/bad/rusty/basic/fluent/weak/terrible/great>',
    ],
    is: 'language',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i am in <grad_school/law_school/med_school/high_school/middle_school/college/uni/university>',
      'i am at <college>',
    ],
    is: 'studies',
    tell: 'Is in {1}',
  },
  {
    say: [
      'i am (a|the)? <stay_at_home_dad/stay_at_home_mother/stay_at_home_father/stay-at-home_father/stay-at-home_mother/stay_at_home_parent/full-time_father/full-time_mother/full-time_carer>',
      'i am on <maternity_leave/paternity_leave/parental_leave/sick_leave/disability/sabbatical>',
      'i am on a <sabbatical/gap_year>',
    ],
    is: 'employment',
    tell: 'Is {1}',
  },
  { say: ['i am <sober/teetotal/straight_edge>', '(i am a|i am) <non-smoker/nonsmoker>'], is: 'diet', tell: 'Is {1}' },
  {
    say: [
      'i (mostly|mainly|usually) (listen to|watch|read|play) <taste>',
      'i (listen to|watch|read) (a lot of|tons of|mostly|mainly|only) <taste>',
      'i am a (big|huge|avid|keen)? (reader|listener) (, mostly|of) <rest>',
      'i am a big <reader/cook/walker/sleeper/drinker>',
    ],
    is: 'likes',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'my <flight/wedding/surgery/interview/exam/thesis/due_date/graduation/operation/appointment/driving_test/train/trip/holiday/move> (is|leaves|starts) (due)? (on|in|at)? <any>',
      'i am due (in|on)? <any>',
    ],
    is: 'plan',
    tell: '{all}{date}',
    value: '{all}',
    time: 'must',
  },
  {
    say: ['i changed my name to <name>', 'i am <own> now', 'it is <own> , not <name>'],
    is: 'name',
    tell: 'Is called {1}',
    corrects: true,
  },
  {
    say: ['i go by <they/she/he>', 'i am a <woman/man/girl/guy/trans_woman/trans_man/boy>'],
    is: 'pronouns',
    tell: '{all}',
    value: '{1}',
  },
  {
    say: [
      'i am (off|free) on <weekdays>',
      '(i am|i work) (off|on) (the)? <night_shift/early_shift/late_shift/day_shift>',
      'i (have|get) <weekdays> off',
    ],
    is: 'schedule',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      '(write|talk|speak|reply|respond|answer) to me in <lang>',
      'be <blunt/direct/brief/concise/honest> with me',
      'no <fluff/jargon/small_talk/disclaimers/emojis/apologies> (please)',
      'i (like|want|prefer) my (answers|replies|explanations) <short/brief/detailed/concise/direct/simple>',
    ],
    is: 'instruction',
    tell: '{all}',
    value: '{all}',
    sure: 0.85,
  },
  {
    say: '(i have|we have) been to <origin> (once|twice|before|<count> times|last year|this year)?',
    is: 'happened',
    tell: 'Has been to {1}',
  },
];
