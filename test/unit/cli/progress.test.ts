import { describe, expect, it } from 'vitest';

import { showProgress } from '../../../src/cli/progress.ts';
import type { ProgressNews } from '../../../src/cli/progress.ts';
import { RateMeter } from '../../../src/models/progress.ts';

function display(terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  let now = 0;
  const clock = { now: () => now, wallTime: () => new Date(0) };
  const shown = showProgress('model.gguf', {
    stream: { ...terminal, write: (text: string) => written.push(text) },
    clock,
  });
  const at = (ms: number, news: ProgressNews) => {
    now = ms;
    shown.update(news);
  };
  return { written, shown, at };
}

const downloading = (bytesDone: number, bytesTotal: number | undefined = 200e6) => ({
  stage: 'downloading',
  bytesDone,
  bytesTotal,
});

describe('progress on a terminal', () => {
  it('is one line with a bar, amounts, rate and time left', () => {
    const { written, at, shown } = display({ isTTY: true, columns: 120 });
    at(0, downloading(0));
    at(1_000, downloading(50e6));
    shown.finish('done');
    expect(written[1]).toBe(
      '\r\u001B[Kmodel.gguf  downloading  [======                  ]  25%  50.0 MB / 200.0 MB  50.0 MB/s  3.0 s left',
    );
    expect(written.slice(2)).toEqual(['\r\u001B[K', 'done\n']);
  });

  it('is not redrawn more than ten times a second, but for a new stage', () => {
    const { written, at } = display({ isTTY: true, columns: 80 });
    for (let ms = 0; ms <= 1_000; ms += 10) at(ms, downloading(ms));
    expect(written.length).toBeLessThanOrEqual(11);
    const before = written.length;
    at(1_001, { stage: 'verifying', bytesDone: 0, bytesTotal: 1 });
    expect(written).toHaveLength(before + 1);
  });

  it('fits a narrow one', () => {
    const { written, at } = display({ isTTY: true, columns: 30 });
    at(0, downloading(100e6));
    expect(written[0]).toBe('\r\u001B[Kmodel.gguf  downloading');
  });
});

describe('progress elsewhere', () => {
  it('is a line for each stage, and one every five seconds', () => {
    const { written, at, shown } = display({});
    at(0, { stage: 'connecting', bytesDone: 0, bytesTotal: undefined });
    for (let ms = 0; ms <= 11_000; ms += 500) at(ms, { ...downloading(ms * 1_000), bytesTotal: undefined });
    shown.log('a word between');
    expect(written).toEqual([
      'model.gguf: connecting\n',
      'model.gguf: downloading\n',
      'model.gguf: downloading, 5.0 MB, 1.0 MB/s\n',
      'model.gguf: downloading, 10.0 MB, 1.0 MB/s\n',
      'a word between\n',
    ]);
  });
});

describe('the rate', () => {
  it('is that of the last seconds, and begins anew when the bytes do', () => {
    const meter = new RateMeter();
    expect(meter.update(0, 0)).toBeUndefined();
    for (let second = 1; second <= 20; second += 1) meter.update(second * 1_000, second * 1_000);
    expect(meter.update(21_000, 21_000)).toBeCloseTo(1_000);
    for (let second = 22; second <= 31; second += 1) meter.update(21_000, second * 1_000);
    expect(meter.update(21_000, 32_000)).toBe(0);
    expect(meter.update(5, 33_000)).toBeUndefined();
  });
});
