import type { Rule } from './rules.ts';

/** What comes and what has been: kept with its date, where one is told. `must`: without a date it is small talk. */
export const EVENTS_EN: readonly Rule[] = [
  {
    say: [
      '(i am|we are)? (planning|organising|organizing|booking) (a|our|my) (trip|holiday|vacation|honeymoon|weekend|road trip|city break) (to|in) <place>',
      '(i|we) (have)? (just)? booked (flights|a flight|a trip|tickets|a holiday|a hotel|a week) (to|in|for) <place>',
      '(i am|we are) visiting <kin> in <place>',
      '(thinking of|i am thinking of|we are thinking of|hoping to|planning on) (visiting|going to|travelling to) (<kin> in)? <place>',
    ],
    is: 'plan',
    tell: 'Travels to {last}{date}',
    value: '{last}',
    time: 'ahead',
  },
  {
    say: [
      'it is my <any> on',
      '(turning) <age> (in|on|next|this|tomorrow)',
      'it is my birthday (on|this|next|tomorrow|today)',
      'i (turn|am turning|will be|will turn|am going to be) <age> (in|on|next|this|tomorrow)',
    ],
    is: 'birthday',
    tell: '{all}{date}',
    value: '{all}',
    time: 'must',
  },
  { say: ["my birthday ('s) (on|in)? <rest>"], is: 'birthday', tell: 'Has a birthday on {1}' },
  {
    say: [
      '(i am|we are) (moving house|moving flat|moving out|moving in together|moving home)',
      '(my|our) (lease|contract|visa|passport|notice period|tenancy) (ends|expires|runs out|is up)',
      '(i am|we are) hosting <rest>',
      '(i am|we are) going to (a|an|the|my|our)? <appointment>',
      'my <appointment> (is|leaves|starts|begins)',
      'i am due (in|on)',
      '(i|we) (got|have) (a|an|my) (interview|exam|appointment|test|date|hearing) (at|with|for) <any>',
      '(our|my) (wedding)? anniversary (is|falls)',
      '(i am|we are) off (to|on) <any> <any>? <any>?',
      'having my <any> <any>? (operated on|out|removed|done)',
      'starting (at|with) <any>',
      'my due date is',
    ],
    is: 'plan',
    tell: '{all}{date}',
    value: '{all}',
    time: 'must',
  },
  {
    say: ['(i am|we are) expecting (our|my) (first|second|third|fourth)'],
    is: 'plan',
    tell: 'Is expecting a baby{date}',
    value: 'baby',
    time: 'ahead',
  },
  {
    say: ['(i am|we are) (trying|hoping|looking) to learn (to|how to)? (speak)? <skill>'],
    is: 'goal',
    tell: 'Is learning {1}',
  },
  {
    say: ['i (want|would like|am hoping|am trying|need) to (run|do|finish|complete) (a|my first|the) <race>'],
    is: 'goal',
    tell: 'Wants to do: {1}',
  },
  {
    say: ['i (want|would like|need|am trying|am hoping) to lose (about|around)? <number> <kg/kilos/pounds/lbs/stone>'],
    is: 'goal',
    tell: 'Wants to lose {1} {2}',
    value: 'lose {1} {2}',
  },
  {
    say: [
      '(i am|we are) (flying|travelling|traveling|going on vacation|going on holiday|taking a trip|moving back) to <origin>',
    ],
    is: 'plan',
    tell: 'Travels to {1}{date}',
    time: 'ahead',
  },
  { say: ['i (turn|am turning) <age>'], is: 'birthday', tell: 'Turns {1}{date}', value: '{all}', time: 'must' },
  { say: ['i (retire|am retiring)', 'i graduate'], is: 'plan', tell: '{all}{date}', value: '{all}', time: 'must' },
  {
    say: ['i dropped out of (college|uni|university|school|high school)'],
    is: 'happened',
    tell: '{all}',
    value: '{all}',
    time: 'back',
  },
  {
    say: [
      '(i am|we are) (getting married|going to get married|tying the knot) (to <name>)?',
      '(my|our) wedding is <when>',
    ],
    is: 'plan',
    tell: 'Is getting married{date}',
    value: 'wedding',
    time: 'ahead',
  },
  {
    say: [
      '(i|we) (have|have got|got) (a|an|my|the|another|two)? <appointment>',
      'my <appointment> is',
      '(i am|we are) (having|taking) (a|an|my|the)? <appointment>',
    ],
    is: 'plan',
    tell: 'Has {1}{date}',
    time: 'must',
  },
  {
    say: '(i am|we are) having (a)? <surgery/knee_surgery/back_surgery/an_operation/a_baby>',
    is: 'plan',
    tell: 'Is having {1}{date}',
    time: 'ahead',
  },
  {
    say: [
      '(i am|we are) (flying|travelling|traveling|going|heading|off|driving|going on vacation|going on holiday|taking a trip) (back)? to <place>',
      '(i|we) (fly|leave for|travel to|leave to) <place>',
      '(i am|we are) (visiting) <place>',
      '(i am|we are) going to (visit|travel to|fly to|go to) <place>',
      '(i|we) will be (visiting|in|going to|travelling to|traveling to) <place>',
    ],
    is: 'plan',
    tell: 'Travels to {1}{date}',
    time: 'must',
  },
  {
    say: [
      '(i am|we are) (running|doing|signed up for|registered for|going to run|competing in) (the|a|my|my first)? <race>',
    ],
    is: 'plan',
    tell: 'Takes part: {1}{date}',
    value: '{1}',
    time: 'ahead',
  },
  {
    say: [
      '(i am|i will be)? (starting|start|begin|beginning) (a|my|at|the)? (new)? <newthing>',
      'i (start|begin|am starting) <rest>',
    ],
    is: 'plan',
    tell: '{all}{date}',
    time: 'must',
  },
  {
    say: [
      '(i am|we are) (expecting|having) (a|our first|our second|another)? (baby|child|kid|twins)',
      '(i am|we are) going to be (a)? <parents/dad/father/mother/grandmother/grandfather/uncle/aunt>',
    ],
    is: 'plan',
    tell: 'Is expecting a baby{date}',
    value: 'baby',
    time: 'ahead',
  },
  {
    say: [
      '(i am|we are|i have been|we have been|i started|i have started|i just started) (learning|teaching myself|studying|taking up) (to|how to)? (speak)? <skill>',
      'i (want|would like) to learn (to|how to)? (speak)? <skill>',
    ],
    is: 'goal',
    tell: 'Is learning {1}',
  },
  {
    say: [
      '(i am|we are|i have been) (training|preparing|studying|practising|practicing) for (a|an|the|my|my first|our)? <race>',
    ],
    is: 'goal',
    tell: 'Is preparing for {1}{date}',
    time: 'ahead',
  },
  {
    say: [
      'my (main|big|biggest)? (goal|dream|resolution|aim) (for this year|this year|for next year)? is (to)? <rest>',
    ],
    is: 'goal',
    tell: 'Has the goal: {1}',
    time: 'ahead',
  },
  {
    say: [
      '(i am|we are|i have been) (writing|building|renovating|restoring|planning|organising|organizing|launching|opening) (a|an|my|our|my own|the|my first) <project>',
    ],
    is: 'goal',
    tell: '{all}',
  },
  {
    say: [
      'i am (trying to)? (quit|quitting|giving up) <smoking/drinking>',
      '(i am|we are) saving (up)? for <rest>',
      'i am trying to <lose_weight>',
    ],
    is: 'goal',
    tell: '{all}',
  },
  {
    say: [
      'i (graduated) (from|in) <rest>',
      'i (ran|finished|completed) (the|my|my first|a) <race>',
      'i (broke|sprained|fractured|tore|dislocated) my <arm/leg/ankle/wrist/foot/toe/finger/hand/collarbone/nose/hip/rib/ribs/elbow/knee/back/jaw/shoulder/acl/achilles/hamstring/meniscus/tooth>',
      'i had (a|an|my)? <surgery/knee_surgery/hip_replacement/operation>',
      'i (passed) (my|the) <exam>',
      '(i|we) (just|recently)? (have)? (bought) (a|our first|my first) (house|flat|apartment|home|condo)',
      '(i|we) (have)? (just|recently)? (adopted|rescued) (a|an|two) <kinds> <rest>?',
      'i (just)? (published) my (first|second|new)? (book|novel|album|paper)',
      'i (just)? (got|was|have been) promoted',
      'i (quit|gave up) smoking',
      '(i|we) (went|travelled|traveled|have been|visited|flew) (to)? <place>',
      '(i|we) (just)? got back from <place>',
    ],
    is: 'happened',
    tell: '{all}{date}',
    time: 'back',
  },
  {
    say: 'i (just|recently)? (quit|left) my (old)? job',
    is: 'employer',
    tell: 'Has left their job',
    value: '',
    ends: true,
  },
  {
    say: [
      '(my|our) <kinds> (was born|died|passed away|just died)',
      '(i|we) lost (my|our) <kinds>',
      '(i|we) had to put down (my|our) <kinds>',
    ],
    is: 'happened',
    tell: '{all}{date}',
    time: 'back',
  },
];
