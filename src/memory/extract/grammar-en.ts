import type { Rule } from './rules.ts';

/** Who the user is and what they do, in English. The more particular ways first: the first that fits is taken. */
export const WHO_EN: readonly Rule[] = [
  {
    say: ['i am (married to|dating|engaged to|seeing|marrying) <own>', 'i live with <own>'],
    is: 'name',
    of: 'partner',
    tell: 'Their partner is called {1}',
  },
  {
    say: ['i used to live in <origin>', '(i|we) lived in <origin> (for|until|when|before)'],
    is: 'happened',
    tell: 'Used to live in {1}',
  },
  {
    say: ['i used to (work at|work for) <org>', 'i worked (at|for) <org>'],
    is: 'happened',
    tell: 'Used to work at {1}',
  },
  {
    say: [
      'i used to (be|work as) (a|an) <trade>',
      'i was (a|an) <trade>',
      'i worked as (a|an) <trade>',
      'i am a (former|ex) <trade>',
    ],
    is: 'happened',
    tell: 'Used to be a {1}',
  },
  {
    say: [
      'there are <number> of us',
      '(we are|i have) a family of <number>',
      '(it is | there is) (just)? <number> of us',
    ],
    is: 'household',
    tell: 'A household of {1}',
  },
  {
    say: [
      '(i am) <measure> tall',
      'i weigh <measure>',
      'my (height|weight) is <measure>',
      'i wear (a)? (size)? <measure>',
      'i wear <glasses/contacts/contact_lenses>',
      'my (shoe|dress)? size is (a)? <any>',
      'i am a size <any>',
    ],
    is: 'body',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i (usually)? (get up|wake up|go to bed|start work|finish work|get home|get off work) (at|around|by) <rest>',
      'i work <weekdays> (to|through) <rest>',
      'i (do not|never) work (on)? <weekdays>',
      'i work (9|nine) to <rest>',
    ],
    is: 'routine',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['my (job|role|position|shift|work) (at|with) <org>', 'my boss at <org>'],
    is: 'employer',
    tell: 'Works at {1}',
  },
  {
    say: [
      'my (job|role|work) as (a|an) <trade>',
      'i am (the)? (head|director|manager|ceo|cto|cfo|founder|co-founder|owner|vp) (of|at|for) <org>',
    ],
    is: 'occupation',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i (drive|deliver|write) for <org>',
      'i drive a <truck/bus/taxi/cab/lorry/forklift>',
      'i sell <insurance/cars/houses/real_estate/software>',
      'i (manage|lead|run) a <team/restaurant/store/shop/warehouse/hotel/department/call_center> (of|at|in)? <rest>?',
      'i clean <houses/offices>',
      'i babysit',
      'i look after <rest>',
      'i do <marketing/sales/accounting/hr/it_support/customer_support/data_entry/plumbing/construction/landscaping/carpentry>',
    ],
    is: 'occupation',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['i am in (the)? <level>', 'i am doing my <a_levels/gcses/masters/phd/mba>'],
    is: 'studies',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['i am (a|the)? (single|proud|stay-at-home|full-time)? <mother/father/parent> (of|to) <number>'],
    is: 'family',
    tell: 'Is {1} of {2}',
    value: '{1} of {2}',
  },
  {
    say: 'i teach (high school|primary school|primary|middle school|elementary|secondary) <subject>',
    is: 'occupation',
    tell: 'Teaches {1}',
  },
  {
    say: ['i (want|would like) you to (always)? call me <name>', 'my friends know me as <name>'],
    is: 'nickname',
    tell: 'Goes by {1}',
  },
  { say: ['my (home)? address is <address>', '(i|we) live (at|on) <address>'], is: 'residence', tell: 'Address: {1}' },
  {
    say: [
      '(here | over here) in <known>',
      '(i am|we are) (over|up|down|out)? (here)? in <known>',
      '(i am|we are) (writing|calling|coming to you) from <known>',
    ],
    is: 'residence',
    tell: 'Lives in {1}',
    sure: 0.82,
  },
  {
    say: [
      'i am in (my|the)? (first|second|third|fourth|final|last|1st|2nd|3rd) year (of|studying) <study>',
      'i am doing (a|my)? (degree|masters|master|phd|bachelor|bachelors|mba) (in)? <study>',
      'i am a <first-year/second-year/third-year/fourth-year/final-year/freshman/sophomore> (in|studying)? <study>',
    ],
    is: 'studies',
    tell: 'Studies {last}',
    value: '{last}',
  },
  {
    say: [
      'i work (<any>)? (<any>)? (<any>)? as (a|an|the) <trade>',
      'as (a|an) <trade> (myself)? , i|my',
      'i (just|recently)? (started|got) (a|my) (new)? job (<any>)? (<any>)? as (a|an) <trade>',
    ],
    is: 'occupation',
    tell: 'Is a {last}',
    value: '{last}',
    also: 'work',
  },
  {
    say: [
      'i (work|do) (nights|weekends|evenings|part time|part-time|shifts|full time|full-time|mornings) (at|in) <workplace>',
      'i (help out|have a job|have a part time job|have a side job|got a job|started) at <workplace>',
    ],
    is: 'workplace',
    tell: 'Works at {1}',
  },
  {
    say: ['my (full)? name is <name>', 'i am called <name>', 'the name is <own>', 'i am named <name>'],
    is: 'name',
    tell: 'Is called {1}',
  },
  {
    say: [
      '(everyone|everybody|people|my friends|friends|most people|my family) (just|all)? (calls|call) me <name>',
      'i go by <name>',
      'my nickname is <name>',
      '(you can|please|just|you may)? call me <name>',
      'i prefer to be called <name>',
      'i prefer <own>',
    ],
    is: 'nickname',
    tell: 'Goes by {1}',
  },
  {
    say: [
      '(i am|we are) <age> (years|yrs|yo) (old)?',
      'i (just)? turned <age> <stop>',
      'i am (a|an) <age> (year old)',
      'i am <bareage>',
      'i am <age> years of age',
    ],
    is: 'age',
    tell: 'Is {1} years old',
  },
  {
    say: ['my birthday is (on)? <rest>', 'i was born on <rest>', 'my (bday|date of birth|dob) is (on)? <rest>'],
    is: 'birthday',
    tell: 'Has a birthday on {1}',
  },
  { say: ['my pronouns are <rest>', 'i use <they/he/she> pronouns'], is: 'pronouns', tell: 'Pronouns: {1}' },
  // Where.
  {
    say: [
      '(i|we) no longer live in <place>',
      '(i|we) do not live in <place> (anymore|any more|any longer)',
      'i am no longer living in <place>',
      'i left <known>',
      '(i|we) (have)? moved (away from|out of) <place>',
    ],
    is: 'residence',
    tell: 'No longer lives in {1}',
    ends: true,
  },
  {
    say: ['(i|we) (have)? (just|recently)? (moved|relocated) (here)? from <place> to <place>'],
    is: 'residence',
    tell: 'Lives in {2}',
    value: '{2}',
    time: 'since',
    corrects: true,
  },
  {
    say: [
      '(i am|we are) (moving|relocating) (from <place>)? to <place>',
      '(i|we) (will be|am going to be|are going to be) moving to <place>',
      '(i am|we are) going to move to <place>',
    ],
    is: 'plan',
    tell: 'Is moving to {last}{date}',
    value: '{last}',
    time: 'ahead',
  },
  {
    say: [
      '(i|we) (have)? (just|recently|finally)? (moved|relocated|settled) (back)? (to|in) <origin>',
      '(i|we) (have)? moved (back)? here to <place>',
    ],
    is: 'residence',
    tell: 'Lives in {1}',
    time: 'since',
    corrects: true,
  },
  {
    say: [
      '(i|we) (currently)? (live|reside) (over|out|up|down)? (in|at|near|outside|just outside|on the outskirts of) <place>',
      '(i am|we are) (currently|now)? (living|based|located|residing|settled) (over|out|up|down)? (in|near|at|outside) <place>',
      '(i|we) have (lived|been living|been based) in <place>',
      'my home is in <place>',
      'my (hometown|home town|city) is <place>',
      'i call <known> home',
      '(i am a|i am) <known> (resident)',
    ],
    is: 'residence',
    tell: 'Lives in {1}',
    time: 'since',
  },
  { say: ['(i|we) (live|are living) in <home>', 'i am living in <home>'], is: 'household', tell: 'Lives in {1}' },
  {
    say: ['i (live|am living) with <company>', 'i share (a|an) (flat|apartment|house) with <rest>'],
    is: 'household',
    tell: 'Lives with {1}',
  },
  { say: 'i (live|am living) <alone/on_my_own/by_myself>', is: 'household', tell: 'Lives {1}' },
  {
    say: [
      '(i am|i come|we are|we come) (originally|actually|from here but)? from <origin>',
      'i (was|am) born (and raised)? in <origin>',
      'i grew up in <origin>',
      'i was raised in <origin>',
      'i am a native of <origin>',
      'i hail from <origin>',
    ],
    is: 'origin',
    tell: 'Is from {1}',
  },
  {
    say: [
      'i am (a|an|half)? <demonym>',
      'i (hold|have) (a|an) <demonym> (passport|citizenship)',
      'my nationality is <demonym>',
    ],
    is: 'nationality',
    tell: 'Is {1}',
    also: 'work',
  },
  {
    say: [
      'my (time zone|timezone) is <rest>',
      'i am (in|on) <cet/est/pst/gmt/utc/cst/mst/bst/ist/eastern_time/pacific_time/central_time> (time)?',
    ],
    is: 'timezone',
    tell: 'Has the time zone {1}',
  },
  {
    say: [
      'my <budget/schedule/size/height/weight/sign/surname/last_name/team/level/school/college/university/neighbourhood/neighborhood/street/zip_code/postcode/shift/commute/degree/major/blood_type/instrument/church/town/shoe_size/hometown_team> is (a|an|the)? <lasting>',
    ],
    is: 'detail',
    tell: 'Their {1}: {2}',
    value: '{2}',
  },
];
