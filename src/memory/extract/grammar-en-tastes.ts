import type { Rule } from './rules.ts';

/** Tastes (what is not liked before what is), pastimes and things, in English. */
export const TASTES_EN: readonly Rule[] = [
  {
    say: ['no <food> , (i)? (can not|hate|do not|never)', 'not (a fan of|into|big on|keen on) <taste>'],
    is: 'dislikes',
    tell: 'Does not like {1}',
  },
  {
    say: [
      'i am (really|very|super|pretty|quite|an|a)? <introverted/extroverted/shy/introvert/extrovert/night_owl/early_bird/homebody/bookworm/foodie/picky_eater/light_sleeper/heavy_sleeper/smoker/vegan_chef>',
    ],
    is: 'likes',
    tell: 'Is {1}',
  },
  { say: ['i (really)? (miss|look forward to) <own>'], is: 'likes', tell: 'Likes {1}', sure: 0.5 },
  {
    say: ['i (no longer|do not) (like|love|enjoy) <taste> (anymore|any more)', 'i no longer (like|love|enjoy) <taste>'],
    is: 'likes',
    tell: 'No longer likes {1}',
    ends: true,
  },
  {
    say: [
      '(i|we) (do not|never) (really|particularly)? (like|enjoy|care for|fancy) <taste>',
      '(i|we) (hate|despise|detest|loathe|dislike|can not stand|can not bear) <taste>',
      'i am not (a|really a|much of a)? (big|huge|great)? (fan of|keen on|fond of|into) <taste>',
    ],
    is: 'dislikes',
    tell: 'Does not like {1}',
  },
  {
    say: [
      "my (all time|all-time|absolute)? favourite <favourite> (is|are|'s|has always been|was always) (probably|definitely|the)? <rest>",
      'my (all time|all-time)? favourite is <taste>',
    ],
    is: 'favourite',
    tell: 'Favourite {1}: {2}',
    value: '{2}',
  },
  {
    say: [
      '(i|we) (would rather|prefer) (it when|that|if) you <rest>',
      'i (prefer|like|want) (short|brief|concise|long|detailed|direct|simple|bullet point|step-by-step|to the point) (answers|replies|explanations|responses)',
    ],
    is: 'style',
    tell: '{all}',
  },
  { say: '(i|we) prefer <taste>', is: 'prefers', tell: 'Prefers {1}', sure: 0.84 },
  {
    say: [
      '(i|we) (love|like|enjoy|adore) (to|doing)? <taste>',
      'i am (very|really|pretty|big|super)? (into|fond of|keen on|passionate about|crazy about|obsessed with|interested in) <taste>',
      'i am (a|an) (big|huge|massive|great|die-hard|lifelong|real|avid|total)? (fan|lover|enthusiast|supporter|admirer) of <taste>',
      'i am a (big|huge|massive|die-hard|lifelong)? <fanof> (fan|lover|supporter|enthusiast|buff|nerd|geek)',
      'i support <own>',
      'i have always loved <taste>',
    ],
    is: 'likes',
    tell: 'Likes {1}',
  },
  { say: '(i|we) (play|have been playing) (the)? <activity>', is: 'hobby', tell: 'Plays {1}' },
  {
    say: [
      '(i|we) (do|practise|practice|train) (a lot of|some)? <sport>',
      '(i|we) (go|often go|usually go|like to go) <sport>',
      'i (go to|hit) the <gym>',
      'i run <marathons/half_marathons>',
      'i am (a|an) (keen|avid|amateur|hobby)? <runner/cyclist/climber/hiker/surfer/gamer/swimmer/skier/triathlete/knitter/birdwatcher/amateur_astronomer/chess_player>',
    ],
    is: 'hobby',
    tell: 'Does {1}',
  },
  {
    say: [
      '(in|on) my (free|spare) time i <hobbyverb>',
      'my (main|favourite)? (hobby|hobbies|pastime|passion) (is|are) <taste>',
      '(i) <hobbyverb> in my (free|spare) time',
    ],
    is: 'hobby',
    tell: 'In their free time: {1}',
  },
  { say: 'i collect <taste>', is: 'hobby', tell: 'Collects {1}' },
  // Things.
  {
    say: [
      '(i|we) (drive|ride) <product>',
      '(i|we) (have|own|drive|ride|just bought|bought|have bought|got) <vehicle>',
      'my (car|bike|motorbike|motorcycle|truck|van) is <product>',
    ],
    is: 'vehicle',
    tell: 'Has {1}',
  },
  { say: '(i|we) (have|own|run) <possession>', is: 'owns', tell: 'Has {1}' },
  {
    say: [
      'my (work|personal|main|home|current)? (laptop|computer|pc|phone|editor|desktop|tablet|camera|printer|os|operating system|shell|browser|distro) (is|runs|has) <product>',
      'my (work|personal|main)? (laptop|computer|pc|phone|editor|desktop|tablet|os|operating system|shell|browser|distro) (is|runs) <tech>',
      '(i|we) (use|run|code in|program in|write|develop in|work with|work in|switched to|have switched to|moved to|daily drive|own|have|mostly use|mainly use) <tech>',
      'i am (on|using|running|a) <tech>',
    ],
    is: 'uses',
    tell: 'Uses {1}',
  },
];
