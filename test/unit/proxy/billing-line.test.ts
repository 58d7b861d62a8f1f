import { describe, expect, it } from 'vitest';

import { removeBillingLine } from '../../../src/proxy/billing-line.ts';

const LINE = 'x-anthropic-billing-header: cc_version=2.1.37.0d9; cc_entrypoint=cli; cch=fa690;';
const PROMPT = 'You are a coding agent.\nBe brief.';
const messages = [{ role: 'user', content: 'hey' }];

describe('the billing line of coding agents', () => {
  it('goes as a block of its own, and leaves the other blocks as they are', () => {
    const rest = [{ type: 'text', text: PROMPT, cache_control: { type: 'ephemeral' } }];
    const body = { model: 'x', system: [{ type: 'text', text: LINE }, ...rest], messages };
    const cleaned = removeBillingLine(body);
    expect(cleaned).toEqual({ model: 'x', system: rest, messages });
    expect((cleaned['system'] as unknown[])[0]).toBe(rest[0]);
    expect(body.system).toHaveLength(2);
  });

  it('goes as the first line of a block or of a string, also with nothing between it and the text', () => {
    for (const between of ['\n', '\r\n', '']) {
      expect(removeBillingLine({ system: `${LINE}${between}${PROMPT}` })).toEqual({ system: PROMPT });
      expect(removeBillingLine({ system: [{ type: 'text', text: `${LINE}${between}${PROMPT}` }] })).toEqual({
        system: [{ type: 'text', text: PROMPT }],
      });
    }
    expect(removeBillingLine({ system: `Intro\n${LINE}\n${PROMPT}` })).toEqual({ system: `Intro\n${PROMPT}` });
  });

  it('goes without its last semicolon, and with keys that are new', () => {
    const line = 'x-anthropic-billing-header: cc_version=3.0; workload=cron; cch=00000; next=abc';
    expect(removeBillingLine({ system: `${line}\n${PROMPT}` })).toEqual({ system: PROMPT });
  });

  it('takes the field along when nothing else was in it', () => {
    expect(removeBillingLine({ system: LINE, messages })).toEqual({ messages });
    expect(removeBillingLine({ system: [{ type: 'text', text: LINE }], messages })).toEqual({ messages });
  });

  it('goes from a system message', () => {
    const body = { messages: [{ role: 'system', content: `${LINE}\n${PROMPT}` }, ...messages] };
    expect(removeBillingLine(body)).toEqual({ messages: [{ role: 'system', content: PROMPT }, ...messages] });
    expect(removeBillingLine({ messages: [{ role: 'system', content: LINE }, ...messages] })).toEqual({ messages });
  });

  it('gives two requests of one conversation the same prompt', () => {
    const one = removeBillingLine({ system: `${LINE}\n${PROMPT}` });
    const two = removeBillingLine({ system: `${LINE.replace('fa690', '0aaa9')}\n${PROMPT}` });
    expect(one).toEqual(two);
  });

  it('hands the same object back where there is none', () => {
    for (const body of [
      { messages },
      { system: PROMPT, messages },
      { system: 'What is an x-anthropic-billing-header: line?', messages },
      { system: [{ type: 'text', text: PROMPT }], messages },
      { system: null, messages: [{ role: 'user', content: LINE }] },
      { messages: [{ role: 'system', content: PROMPT }, ...messages] },
      { messages: 'x' },
    ]) {
      expect(removeBillingLine(body)).toBe(body);
    }
  });
});
