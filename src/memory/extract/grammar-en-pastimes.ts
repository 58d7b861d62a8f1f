import type { Rule } from './rules.ts';

/** Tastes, pastimes and things as they are said in passing, in English. Read before what is wider. */
export const PASTIMES_EN: readonly Rule[] = [
  {
    say: [
      "my (macbook|ipad|iphone|phone|laptop|computer|pc|tablet|camera|car|bike) (is|'s) <product>",
      '(i|we) have (a|an|my)? (old|new|older|newer|cheap|second hand|work|company) <tech>',
    ],
    is: 'uses',
    tell: 'Uses {1}',
  },
  {
    say: [
      '(i am|i sing|i play|i run|i row) (in|with|for) (a|an|the) (<any>)? (<any>)? (<any>)? <band/choir/orchestra/club/league>',
      'i play (in|for) (a|an|the) (<any>)? (<any>)? (<any>)? <team/side>',
    ],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['i get (around|about) (mostly)? by <bike/car/bus/train/public_transport/tram/scooter/foot>'],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: ['(i am|we are) on a (tight|small|limited|strict|student|low) <budget>'],
    is: 'prefers',
    tell: 'Has a small budget',
  },
  {
    say: ['i (sold|got rid of|no longer have|do not have) <vehicle> (anymore|any more)'],
    is: 'vehicle',
    tell: 'No longer has {1}',
    ends: true,
    sure: 0.84,
  },
  {
    say: ['i (sold|got rid of) (my|the) <car/bike/motorbike/van/truck>'],
    is: 'vehicle',
    tell: 'No longer has a {1}',
    ends: true,
  },
  {
    say: [
      'i (do not|no longer) (play|do) (the)? <activity> (anymore|any more)',
      'i no longer (play|do) (the)? <activity>',
      'i (have)? (stopped|quit|given up|gave up) (playing|doing|practising)? (the)? <activity>',
    ],
    is: 'hobby',
    tell: 'No longer does {1}',
    ends: true,
  },
  {
    say: ['(i|we) (absolutely)? (loved|enjoyed|adored) <titled>'],
    is: 'likes',
    tell: 'Likes {1}',
    sure: 0.84,
  },
  {
    say: ['i (hated|disliked|could not finish|could not get into) <titled>'],
    is: 'dislikes',
    tell: 'Does not like {1}',
    sure: 0.84,
  },
  {
    say: [
      'i (listen to|watch|read|drink|eat) (a lot of|lots of|loads of|a ton of|tons of) <taste>',
      'i (always|mostly|mainly|usually) (drink|read|watch|listen to|eat) <taste>',
      'i have (a|an)? (real|big|huge)? (soft spot|weakness|thing) for <taste>',
      'i am a (real|total|big)? sucker for <taste>',
      'i can not get enough <of> <taste>',
      'i follow <sport>',
      'i am an <fanof> (fan|supporter|nerd|geek|lover)',
      '(massive|huge|big|lifelong) <fanof> (fan|supporter)',
    ],
    is: 'likes',
    tell: 'Likes {last}',
    value: '{last}',
  },
  {
    say: ['my (usual)? go-to <favourite> is <rest>', 'my go to <favourite> is <rest>'],
    is: 'prefers',
    tell: 'Usual {1}: {2}',
    value: '{2}',
  },
  {
    say: [
      'i am (a|an) <early_riser/early_bird/night_owl/light_sleeper/heavy_sleeper/introvert/extrovert/fussy_eater/picky_eater/visual_learner>',
    ],
    is: 'prefers',
    tell: 'Is a {1}',
  },
  { say: ['i (take|drink|have) my (coffee|tea) <rest>'], is: 'prefers', tell: '{all}', value: '{all}' },
  {
    say: ['i am not much of a <drinker/reader/cook/dancer/swimmer/runner/gamer/traveller/baker/shopper/talker>'],
    is: 'prefers',
    tell: 'Is not much of a {1}',
    value: 'not much of a {1}',
  },
  {
    say: [
      'i (am|sing|play|perform|row|run|race) (alto|soprano|tenor|bass|lead|drums|guitar)? (in|for|with) (a|an|the|my local|a local) <choir/band/orchestra/book_club/running_club/football_team/rugby_club/brass_band/quiz_team/gospel_choir/rock_band>',
      'i (am)? part of (a|an) <choir/band/orchestra/book_club/running_club>',
    ],
    is: 'hobby',
    tell: 'Is in a {1}',
  },
  {
    say: [
      'i (knit|crochet|sew|garden|bake|game|surf|ski|climb|hike|fish|paint|draw|cycle|swim|jog|meditate|quilt) (a lot|quite a bit|a bit|regularly|daily|a fair bit) <stop>',
      'i (knit|crochet|sew|garden|surf|ski|meditate|jog|quilt) <stop>',
      'i (cycle|bike|walk|commute) to <work/school/uni/college/the_office>',
      'i (commute) (by|on)? <train/bus/bike/car/tube/metro/ferry>',
      'i take the <bus/train/tube/metro/subway/tram> to work',
      'i (get up|wake up|go to bed|go to sleep) (at|around|before|by|after) <count>',
      'i (brew|grow) my own <taste>',
      'i play a lot of <taste>',
    ],
    is: 'hobby',
    tell: '{all}',
    value: '{all}',
  },
  {
    say: [
      'i (have)? (just|recently)? (taken up|took up|started|got into|gotten into) <sport>',
      'i (have)? been (playing|doing|practising|practicing|learning) (the)? <activity>',
      'i am (a beginner|learning|getting better) at (the)? <activity>',
      'i (stream|game) on <any>',
      'i play on <ps4/ps5/xbox/switch/pc/steam_deck>',
    ],
    is: 'hobby',
    tell: 'Does {1}',
  },
  {
    say: [
      'i do not (have|own) (a|an|any) <car/oven/microwave/tv/dishwasher/garden/freezer/blender/smartphone/passport/driving_licence/licence/license/balcony/food_processor/stand_mixer/washing_machine/printer/fridge/air_con/mixer> <stop>',
    ],
    is: 'owns',
    tell: 'Has no {1}',
    value: 'no {1}',
  },
  { say: ['i (do not|can not) drive <stop>'], is: 'owns', tell: 'Does not drive', value: 'does not drive' },
  {
    say: ['i (shoot|film|take photos) (with|on) <product>', '(i|we) (have|own|use|bought|have bought) <model>'],
    is: 'uses',
    tell: 'Uses {1}',
  },
  {
    say: [
      '(i|we) only have <possession>',
      '(i|we) only have (a|an) (small|tiny|little|basic) <kitchen/oven/fridge/garden/flat/hob/freezer/balcony>',
    ],
    is: 'owns',
    tell: 'Has only {1}',
  },
];
