/** Holds the slices on a thread of its own, so that comparing and counting hold nobody up; `worker-link.ts` starts it. */
import { parentPort } from 'node:worker_threads';

import { messageOf } from '../../shared/errors.ts';
import type { AnyAnswer, Order, Reply, Request, SliceSize } from './protocol.ts';
import { Slice } from './slice.ts';
import { eligibleIn, searchSlice } from './slice-search.ts';

const slices = new Map<string, Slice>();
const NOTHING: SliceSize = { bytes: 0, documents: 0, chunks: 0, vectors: 0 };

parentPort?.on('message', ({ number, order }: Request) => {
  let reply: Reply;
  try {
    reply = { number, value: carryOut(order) };
  } catch (error) {
    reply = { number, error: messageOf(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(reply);
});

function carryOut(order: Order): AnyAnswer {
  switch (order.do) {
    case 'change': {
      const slice = slices.get(order.user) ?? new Slice();
      slices.set(order.user, slice);
      for (const change of order.changes) slice.apply(change);
      return slice.size();
    }
    case 'search': {
      const slice = slices.get(order.user);
      return slice ? searchSlice(slice, order.query) : { hits: [], compared: false };
    }
    case 'eligible': {
      const slice = slices.get(order.user);
      return { documents: slice ? eligibleIn(slice, order.query) : [] };
    }
    case 'forget':
      slices.delete(order.user);
      return NOTHING;
  }
}
