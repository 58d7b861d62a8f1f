import type { Rule } from './rules.ts';

/** Diet, body, health and languages as they are said in passing, in English. Read before what is wider. */
export const BODY_EN: readonly Rule[] = [
  {
    say: [
      'as (a|an) <diet> ,? (i|my|we|what|how|where|can|is|do)',
      'being (a|an)? <diet>',
      'i (have)? been (a|an)? <diet>',
      '(i am|we are) (a|an)? (pure|strict|lifelong|mostly|fully) <diet>',
      'we are (a|an) <vegan/vegetarian/kosher/halal/gluten-free> (household|family)',
      'i am on <keto/the_keto_diet/paleo/a_diet/low_carb/carnivore/weight_watchers/slimming_world/intermittent_fasting>',
      'i am (eating|trying to eat|going) <low_carb/low-carb/keto/paleo/plant_based/plant-based/clean/vegetarian/vegan>',
      '(i|we) only eat <halal/kosher/vegan/vegetarian/plant-based/plants/gluten-free/gluten_free/low_carb/organic>',
      'i was diagnosed (as|with) <coeliac/celiac/coeliac_disease/celiac_disease>',
      'i have <coeliac/coeliacs/celiac/celiacs/coeliac_disease/celiac_disease>',
      'i am (counting calories | intermittent fasting | cutting carbs)',
    ],
    is: 'diet',
    tell: 'Diet: {1}',
    time: 'since',
  },
  {
    say: [
      'i am (cutting out|giving up|avoiding|not eating|not drinking|staying off|staying away from|cutting down on|cutting back on) <food>',
      'i am trying to (avoid|cut out|cut down on|cut back on|give up|eat less|stay off) <food>',
      'i (have)? (cut out|cut down on|given up|gone off|sworn off) <food>',
      'no <food> (please|pls|thanks)? ,? i (hate|do not like|can not stand|loathe|do not eat)',
      'no <food> (please|pls)? ,? (because|as|since)? i can not (eat|have|stand|tolerate|do)',
    ],
    is: 'diet',
    tell: 'Does not take {1}',
  },
  { say: ['i am back (on|to) <food>'], is: 'diet', tell: 'Eats {1} again', corrects: true },
  {
    say: [
      'i have (a|an)? (really)? (bad|dodgy|weak|bum|dicky|injured|torn) <knee/knees/back/hip/hips/shoulder/shoulders/ankle/wrist/wrists/neck/leg/foot>',
      'my <knee/knees/back/hip/hips/shoulder/ankle/wrist> (is|are) (really)? (bad|dodgy|weak|shot|knackered|not great)',
    ],
    is: 'accessibility',
    tell: 'Has a bad {1}',
    value: 'bad {1}',
  },
  {
    say: [
      'i can not (swim|ride a bike|walk far|walk long distances|climb stairs|manage stairs|do stairs|kneel|stand for long|lift heavy things) <stop>',
    ],
    is: 'accessibility',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i am (really|very|terribly)? (scared|afraid|terrified|frightened|petrified) of <heights/flying/spiders/needles/the_dark/dogs/water/snakes/deep_water/clowns/lifts/elevators/driving/planes>',
      'i have a (fear|phobia) of <heights/flying/spiders/needles/the_dark/dogs/water/snakes/deep_water/lifts/elevators/driving>',
    ],
    is: 'accessibility',
    tell: 'Is afraid of {1}',
  },
  {
    say: [
      'i am a <wheelchair_user>',
      'i wear <glasses/contacts/contact_lenses/hearing_aids/a_hearing_aid/a_prosthetic>',
    ],
    is: 'accessibility',
    tell: '{all}',
  },
  {
    say: [
      'i am on the (autism|autistic)? <spectrum>',
      'i have <insomnia/sleep_apnea/sleep_apnoea/eczema/psoriasis/rosacea/gout/sciatica/scoliosis/pcos/gerd/tinnitus/copd/lupus/parkinsons/anaemia/anemia/osteoporosis/long_covid/crohns/chronic_fatigue/a_heart_condition/a_pacemaker/coeliac>',
      'i take <metformin/insulin/statins/blood_thinners/antidepressants/warfarin/levothyroxine/lithium>',
    ],
    is: 'health',
    tell: 'Health: {1}',
  },
  {
    say: ['i (am|was) (newly|recently|happily|freshly) <single/married/divorced/engaged/widowed/separated>'],
    is: 'marital',
    tell: 'Is {1}',
    corrects: true,
  },
  {
    say: ['(i|we) (do not have|have no) (any)? <kids/children/siblings/brothers/sisters/pets>'],
    is: 'family',
    tell: 'Has no {1}',
    value: 'no {1}',
  },
  {
    say: ['i have hayfever', 'i get (bad|terrible)? (hayfever|hay fever)'],
    is: 'allergy',
    tell: 'Has hay fever',
    value: 'hay fever',
  },
  {
    say: ['(english) is not my (first|native|mother) (language|tongue)'],
    is: 'language',
    tell: 'English is not their first language',
    value: 'English not first',
  },
  {
    say: [
      'my <lang> is (still|pretty|quite|very|a bit)? <rusty/basic/b1/b2/c1/c2/a1/a2/not_so_good/not_great/not_good/intermediate/fluent/bad/poor/terrible/limited/weak/beginner/ok/decent>',
    ],
    is: 'language',
    tell: 'Their {1} is {2}',
    value: '{1}: {2}',
  },
  {
    say: ['i grew up speaking <langs>', '(i|we) speak (only|mostly|mainly)? <langs>'],
    is: 'language',
    tell: 'Speaks {1}',
  },
  {
    say: ['i (do not|can not) speak (any|a word of)? <langs>'],
    is: 'language',
    tell: 'Does not speak {1}',
    value: 'no {1}',
  },
  {
    say: ['i (know|can speak|understand) (some|a little|a bit of|basic)? <langs>', 'i am bilingual (,|:|in)? <langs>'],
    is: 'language',
    tell: 'Speaks {1}',
  },
];
