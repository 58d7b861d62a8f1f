import type { Rule } from './rules.ts';

/** Work and studies as they are said in passing, in English. Read before what is wider. */
export const OCCUPATION_EN: readonly Rule[] = [
  {
    say: ['i am (a|an) (keen|avid|amateur|hobby|hobbyist|weekend|enthusiastic|passionate|home) <trade>'],
    is: 'hobby',
    tell: 'Does in their free time: {1}',
  },
  { say: ['i am (a|an) (aspiring|budding|wannabe) <trade>'], is: 'goal', tell: 'Wants to be: {1}' },
  {
    say: [
      'as (a|an) <trade> (myself)? (,)? (i|my|we|how can i|how do i|how should i|what can i)',
      'as (a|an) <trade> (in|at) (a|an|the) <any> (,)? (i|my|we)',
      'i (have)? been (working as)? (a|an) <trade> (for|since)',
      '(currently|now) (working as)? (a|an) <trade> (at|in|for)',
      'i am (the)? <trade> (of|at|for) (a|an|our|the) <any>',
      'i drive (a|an)? <lorry/lorries/truck/trucks/bus/buses/taxi/taxis/cab/cabs/forklift/van/school_bus> for a living',
      'where i work as (a|an) <trade>',
      'i (have)? (just)? (started|got|accepted|landed|found) (a|my|the)? (new)? (job|position|role) as (a|an)? <trade>',
    ],
    is: 'occupation',
    tell: 'Works as {1}',
    also: 'work',
    time: 'since',
  },
  {
    say: ['i am (the|a|an)? (new)? (head|director|vp|vice president) of <study>'],
    is: 'occupation',
    tell: 'Works as head of {1}',
    value: 'head of {1}',
  },
  {
    say: ['i am a (stay at home|stay-at-home) <mother/father/parent/wife>'],
    is: 'occupation',
    tell: 'Is a stay-at-home {1}',
    value: 'stay-at-home {1}',
  },
  {
    say: [
      'i am on <maternity_leave/paternity_leave/parental_leave/sick_leave/a_sabbatical/sabbatical/a_gap_year/furlough>',
    ],
    is: 'employment',
    tell: 'Is on {1}',
  },
  {
    say: ['i am (job hunting|looking for work|looking for a job|looking for a new job|job searching)'],
    is: 'goal',
    tell: 'Is looking for a job',
    value: 'looking for a job',
  },
  {
    say: [
      'i work <count> days a week',
      'i (start|finish) work at <count>',
      'my shift (starts|ends|finishes) at <count>',
      'i work (long|early|late|twelve hour|12 hour) (shifts|hours|evenings)',
    ],
    is: 'schedule',
    tell: '{all}',
    value: '{all}',
  },
  { say: ['i (wfh|work hybrid)'], is: 'workplace', tell: 'Works from home', value: 'from home' },
  {
    say: ['i am in (the)? <army/navy/air_force/military/police/civil_service/marines>'],
    is: 'employer',
    tell: 'Is in the {1}',
  },
  {
    say: [
      'i am (doing|on) (a|an|my)? (internship|apprenticeship|placement|work placement) (at|with) <org>',
      'i drive for <org>',
      'i have (just|recently)? (started|got|accepted|landed|found|taken) (a|my|the)? (new)? (job|position|role) (at|with) <org>',
      'i have (just|recently)? (joined|started at|moved to) <org> as',
    ],
    is: 'employer',
    tell: 'Works at {1}',
    also: 'work',
    time: 'since',
  },
  {
    say: [
      'i am in <sales/marketing/hr/finance/tech/insurance/logistics/banking/construction/advertising/retail/real_estate/recruitment/publishing/hospitality/healthcare/procurement/accounting>',
      'my job is in <field>',
      'my background is in <field>',
      'i do <customer_support/customer_service/data_entry/tech_support/admin_work/accounts> <stop>',
      'i do <customer_support/customer_service/data_entry/tech_support/admin/accounts> for',
    ],
    is: 'field',
    tell: 'Works in {1}',
  },
  {
    say: [
      'i am in <year_7/year_8/year_9/year_10/year_11/year_12/year_13/9th_grade/10th_grade/11th_grade/12th_grade/high_school/college/uni/med_school/law_school/grad_school/sixth_form>',
      'i am doing my <gcses/a_levels/a-levels/leaving_cert/ib/finals/gmat>',
      'i am still (in|at) <school/high_school/college/uni/university>',
      'i am doing (my|an|a)? <gcses/gcse/a_levels/a-levels/highers/bootcamp/coding_bootcamp>',
    ],
    is: 'studies',
    tell: 'Is in {1}',
  },
  {
    say: [
      'i am (at|in) (uni|university|college) (doing|studying|reading) <study>',
      'i am in (my)? (first|second|third|fourth|fifth|final|last|1st|2nd|3rd|4th|5th) year (of|at|studying|doing) (a|an)? <study>',
      'i am (doing|pursuing) (my|a|an)? (mba|btech|b . tech|mtech|bsc|b . sc|msc|ba|ma|bachelors|masters|degree|phd|diploma) (degree)? (in|from|at) <study>',
      'i am (doing|taking) (a|an) (course|class|evening class|diploma) (in|on) <study>',
      'my (major|degree) is (in)? <study>',
    ],
    is: 'studies',
    tell: 'Studies {1}',
  },
  {
    say: ['my (thesis|dissertation|phd) is (about|on) <rest>'],
    is: 'goal',
    tell: 'Writes a thesis on {1}',
  },
  {
    say: [
      'i (have)? (completed|did|done|finished|got) (my|a|an)? (b . tech|btech|m . tech|mtech|b . sc|m . sc|bsc|msc|mba|mbbs|ba|ma|phd|bachelors|masters|degree|graduation|engineering) (degree)? (in|from|at) <study>',
      'i have a background in <study>',
      'graduated (in|from) <any> (with|in) (a|an)? (degree|ba|bsc|masters|phd) in <study>',
      'i have (a|an) (first|2:1|ba|bsc|msc|ma|bachelors|masters) in <study>',
    ],
    is: 'education',
    tell: '{all}',
  },
];
