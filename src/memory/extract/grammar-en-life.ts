import type { Rule } from './rules.ts';

/** Home, body, tastes and things, in English. */
export const LIFE_EN: readonly Rule[] = [
  {
    say: [
      '(i|we) do not have (a|an|any) <oven/car/license/licence/dishwasher/microwave/garden/kids/children/pets/air_fryer/blender/grill/yard/balcony/freezer/dryer/tv/smartphone>',
      'i do not <drive/swim> <stop>',
      'i can not <drive/swim> <stop>',
    ],
    is: 'owns',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i am (really|very)? (scared|afraid|terrified) of <fear>',
      'i have a fear of <fear>',
      'i get <seasick/carsick/motion_sickness/motion_sick/airsick>',
    ],
    is: 'accessibility',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i (want|am trying|plan|am planning|hope|am hoping) to (lose <measure>|lose weight|quit smoking|quit my job|become (a|an) <trade>|move to <place>|start (a|my own) business|buy (a|our|my) (first)? (house|home|flat|apartment)|retire|get in shape|get pregnant|go vegan|go to college|go back to school|run (a|my first) <race>|change careers|switch careers)',
    ],
    is: 'goal',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: 'i (have|was diagnosed with|have been diagnosed with) <celiac_disease/coeliac_disease/celiac/a_gluten_intolerance>',
    is: 'diet',
    tell: 'Has {1}',
  },
  {
    say: ['i (can not have|do not do|can not do|do not tolerate|can not tolerate) <food>'],
    is: 'diet',
    tell: 'Does not take {1}',
  },
  {
    say: ['i (run|swim|climb|lift|cycle|ski|surf|hike|work out|train) <habitual>'],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  { say: ['i only (drink|eat|use|watch|read|listen to|buy) <taste>'], is: 'prefers', tell: '{all}' },
  { say: '(big|huge|massive) fan of <taste>', is: 'likes', tell: 'Likes {1}' },
  { say: "(my|our) (car|bike|truck|van|motorbike) ('s|is) <product>", is: 'vehicle', tell: 'Has {1}' },
  {
    say: 'i (switched|moved|migrated) from <tech> to <tech>',
    is: 'uses',
    tell: 'Uses {2}',
    value: '{2}',
    corrects: true,
  },
  {
    say: [
      'i do not (drink|smoke) (anymore|any more|alcohol|at all)?',
      '(i|we) (quit|stopped|gave up) (drinking|smoking)',
      'i never (drink|smoke)',
    ],
    is: 'diet',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['i (eat|am eating|started eating) <food> again', 'i am back to eating <food>'],
    is: 'diet',
    tell: 'Eats {1} again',
    corrects: true,
  },
  {
    say: [
      '(i am|we are) (more like|more|basically|mostly|pretty much|kind of|almost|now|being) (a|an)? <diet>',
      'i (do|am doing) <keto/paleo/intermittent_fasting/low_carb>',
    ],
    is: 'diet',
    tell: 'Is {1}',
  },
  { say: ['i am (more of a|a) <personkind> (person|guy|girl|lover)'], is: 'prefers', tell: 'Is a {1} person' },
  {
    say: ['i (can not do|am not big on|am no fan of|am not much for|never liked|never got into) <taste>'],
    is: 'dislikes',
    tell: 'Does not like {1}',
  },
  {
    say: [
      'i (root for|follow|got into|have gotten into|am big on|swear by|am hooked on|am addicted to) <own>',
      'i (have gotten|got) (really)? into <taste>',
      'i (am hooked on|am addicted to|am big on) <taste>',
    ],
    is: 'likes',
    tell: 'Likes {1}',
  },
  {
    say: ['i (write|paint|draw|sing|knit|bake|garden|sew|dance) <habitual>'],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i am <married/single/divorced/widowed/engaged/separated/a_widow/a_widower> <stop>',
      '(i|we) got <engaged/divorced>',
      'i am (no longer) <single>',
    ],
    is: 'marital',
    tell: 'Is {1}',
    time: 'since',
    corrects: true,
  },
  {
    say: ['(i|we) (just|recently|finally)? (got married|tied the knot)', '(i|we) have been married'],
    is: 'marital',
    tell: 'Got married{date}',
    value: 'married',
    time: 'back',
    corrects: true,
  },
  {
    say: [
      '(we|my <girlfriend/boyfriend/partner/wife/husband/fiance> and i) (have|just|recently|finally)? (broke up|broken up|split up|separated|got divorced|are getting divorced|divorced) <stop>',
      'i (just|recently)? (broke up) with my <girlfriend/boyfriend/partner/fiance>',
      'my <girlfriend/boyfriend/partner/wife/husband> (left me|dumped me|broke up with me)',
      'i (just)? (got divorced|am getting divorced|am getting a divorce)',
    ],
    is: 'marital',
    tell: 'Has separated from their partner',
    value: 'separated',
    corrects: true,
  },
  { say: 'i have a <girlfriend/boyfriend/partner>', is: 'marital', tell: 'Has a {1}' },
  {
    say: ['i am (no longer|not) (a)? <diet> (anymore|any more)', 'i am no longer (a)? <diet>'],
    is: 'diet',
    tell: 'Is no longer {1}',
    ends: true,
  },
  {
    say: ['(i am|we are|i went|i have been|i became|i turned|i have gone|i eat) (a|an|mostly|fully|strictly)? <diet>'],
    is: 'diet',
    tell: 'Is {1}',
    time: 'since',
  },
  {
    say: [
      '(i|we) (do not|can not|no longer|never|should not) (eat|drink|have|consume|touch|tolerate) (any|anything with|much)? <food>',
      '(i|we) (stopped|quit|have stopped|gave up|have given up) (eating|drinking)? <food>',
      'i avoid (eating|drinking)? <food>',
      'i (am off|have cut out|cut out) <food>',
    ],
    is: 'diet',
    tell: 'Does not take {1}',
  },
  {
    say: ['i am on (a|the) <nameddiet>', 'i (follow|eat|keep to|stick to) (a|the) <nameddiet>'],
    is: 'diet',
    tell: 'Follows a diet: {1}',
  },
  {
    say: [
      '(i|we) (eat|keep) <halal/kosher/gluten-free/gluten_free/vegan/vegetarian/plant-based/low-carb>',
      'i am <lactose_intolerant/gluten-free/gluten_free/gluten_intolerant/a_teetotaler/teetotal>',
    ],
    is: 'diet',
    tell: 'Diet: {1}',
  },
  { say: 'i am (no longer) allergic to <rest>', is: 'allergy', tell: 'Is no longer allergic to {1}', ends: true },
  {
    say: [
      '(i am|we are) (severely|very|highly|deathly|mildly|badly)? (allergic|intolerant) to <rest>',
      'i (have|suffer from) (a|an) (severe|bad|serious|mild)? <allergen> (allergy|intolerance)',
      'i (have|suffer from) (a|an)? (severe|bad|serious|mild)? allergy to <rest>',
      'i have <hay_fever>',
    ],
    is: 'allergy',
    tell: 'Is allergic to {1}',
  },
  {
    say: [
      'i (use|am in|need|rely on|get around in) (a|an)? <wheelchair/crutches/hearing_aid/hearing_aids/screen_reader/walking_stick/cane/walker>',
    ],
    is: 'accessibility',
    tell: 'Uses a {1}',
  },
  {
    say: [
      'i am (legally|partially|completely|severely|a bit)? <blind/deaf/colour-blind/color-blind/colourblind/colorblind/colour_blind/color_blind/dyslexic/left-handed/left_handed/hard_of_hearing/visually_impaired/dyscalculic>',
      'i have <dyslexia/low_vision/limited_mobility/vertigo/a_fear_of_flying>',
    ],
    is: 'accessibility',
    tell: 'Is {1}',
  },
  {
    say: [
      'i (have|suffer from|was diagnosed with|have been diagnosed with|got diagnosed with|am diagnosed with|live with) (a|chronic|severe|mild)? <type_1_diabetes/type_2_diabetes/diabetes/asthma/anxiety/depression/adhd/epilepsy/hypertension/cancer/hiv/fibromyalgia/arthritis/migraines/multiple_sclerosis/bipolar_disorder/ocd/autism/hypothyroidism/crohn/endometriosis/high_blood_pressure/high_cholesterol/ibs/ptsd>',
      'i am <diabetic/asthmatic/autistic/bipolar/epileptic/pregnant/neurodivergent/a_diabetic/type_1_diabetic/a_type_1_diabetic>',
    ],
    is: 'health',
    tell: 'Health: {1}',
  },
  {
    say: 'i am (a|an)? (practising|practicing|devout)? <catholic/christian/muslim/jewish/buddhist/hindu/atheist/agnostic/mormon/protestant/sikh>',
    is: 'belief',
    tell: 'Is {1}',
  },
  {
    say: [
      'i am (a|an)? <republican/democrat/socialist/communist/libertarian/left-wing/right-wing/conservative/liberal>',
      'i (vote|voted|always vote) for <rest>',
    ],
    is: 'politics',
    tell: 'Politics: {1}',
  },
  {
    say: 'i am (a)? <gay/lesbian/bisexual/bi/queer/asexual/pansexual/trans/transgender/straight>',
    is: 'sexuality',
    tell: 'Is {1}',
  },
  {
    say: [
      '(i|we) (can)? (speak|also speak) (fluent|some|a little|a bit of|native|good|decent)? <langs>',
      'i am (fluent|bilingual|a native speaker|native) (in|of) <langs>',
      'i am a native <lang> speaker',
      'my (native language|mother tongue|first language|native tongue) is <lang>',
    ],
    is: 'language',
    tell: 'Speaks {1}',
  },
];
