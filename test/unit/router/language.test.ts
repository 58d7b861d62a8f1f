import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { Classifier } from '../../../src/router/classify.ts';
import { packageRoot } from '../../../src/shared/package-root.ts';

const classifier = Classifier.load(readFileSync(join(packageRoot(), 'data', 'router', 'weights.bin')));

describe('the language of a text', () => {
  it.each([
    ['en', 'What should I cook tonight?'],
    ['es', '¿Qué puedo cocinar esta noche?'],
    ['es', 'que puedo cocinar esta noche'],
    ['de', 'Was soll ich heute Abend kochen?'],
    ['fr', 'Que puis-je cuisiner ce soir ?'],
    ['pt', 'O que posso cozinhar hoje à noite?'],
    ['it', 'Che cosa posso cucinare stasera?'],
    ['nl', 'Wat kan ik vanavond koken?'],
    ['pl', 'Co mogę dziś ugotować?'],
    ['vi', 'Tối nay tôi nên nấu món gì?'],
    ['tr', 'Bu akşam ne pişirebilirim?'],
    ['ru', 'Что приготовить на ужин?'],
    ['uk', 'Що приготувати на вечерю?'],
    ['el', 'Τι να μαγειρέψω απόψε;'],
    ['he', 'מה לבשל הערב?'],
    ['ar', 'ماذا أطبخ الليلة؟'],
    ['fa', 'امشب چی بپزم؟'],
    ['hi', 'आज रात क्या पकाऊँ?'],
    ['ja', '今夜は何を作ろうかな'],
    ['ko', '오늘 저녁에 뭐 먹을까?'],
    ['zh', '今晚吃什么?'],
    ['th', 'เย็นนี้กินอะไรดี'],
  ])('is %s: %s', (code, text) => {
    expect(classifier.classify(text).language.code).toBe(code);
  });

  it('is that of the words around code and addresses', () => {
    const text =
      'Wozu ist das gut?\n```\nfunction add(left, right) { return left + right; }\n```\nhttps://example.com/some/english/words';
    expect(classifier.classify(text).language.code).toBe('de');
  });

  it('is no reason for multilingual where the profile says that it is a primary one', () => {
    const text = 'Schreib bitte einen Brief an meinen Vermieter wegen der kaputten Heizung.';
    expect(classifier.classify(text).domains.multilingual).toBeGreaterThan(0.9);
    expect(classifier.classify(text, ['de', 'en']).domains.multilingual).toBeLessThan(0.1);
  });
});

describe('the language that an answer is asked for in', () => {
  it.each([
    ['de', 'Translate the following text to German: good morning'],
    ['ja', 'How do you say thank you in Japanese?'],
    ['fr', 'Traduce al francés: nos vemos mañana'],
    ['it', 'Escribe una carta de amor en italiano'],
    ['pt', 'Responde en portugués, por favor: ¿qué hora es?'],
    ['en', 'Traduce este párrafo al inglés'],
    ['zh', 'Write a poem about rain in Chinese.'],
  ])('is %s: %s', (code, text) => {
    expect(classifier.classify(text).requestedLanguage).toBe(code);
  });

  it.each([
    'Who won the war in French Indochina?',
    'What should I see in German cities?',
    'Describe la vida en los pueblos griegos',
    'Translate this Python code to JavaScript',
    'List the best Italian restaurants',
  ])('is none: %s', (text) => {
    expect(classifier.classify(text).requestedLanguage).toBeUndefined();
  });
});
