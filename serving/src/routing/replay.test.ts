import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Replay } from './replay.js';

const rows = ['a', 'b', 'c'].map((text) => ({ text, own: { probability: 0.1, churn: false } }));

/** A replay of these rows, what it has sent, and how often it has asked for rows. */
function replayOf(load = () => Promise.resolve(rows)) {
  const sent: string[] = [];
  let loads = 0;
  const counted = () => {
    loads += 1;
    return load();
  };
  const replay = new Replay(counted, ({ text }) => sent.push(text));
  const until = async (count: number) => {
    while (sent.length < count) await sleep(5);
  };
  return { replay, sent, until, loads: () => loads };
}

/** Long enough for many rows at the pace of these tests. */
const many = 100;

describe('a replay', () => {
  it('sends its rows in turn, again and again', async () => {
    const { replay, sent, until } = replayOf();
    replay.follow(100);
    await until(7);
    replay.follow(undefined);
    const turns = sent.map((text, position) => 'abcabcabc'.includes((sent[position - 1] ?? '') + text));
    expect(turns).not.toContain(false);
  });

  it('reads its rows when they are wanted, and only once', async () => {
    const { replay, until, loads } = replayOf();
    expect(loads()).toBe(0);
    for (const pace of [100, 50, undefined, 100]) replay.follow(pace);
    await until(1);
    replay.follow(undefined);
    expect(loads()).toBe(1);
  });

  it('goes on at its pace when it is told the same one all the time', async () => {
    const { replay, until } = replayOf();
    const telling = setInterval(() => {
      replay.follow(10);
    }, 20);
    await until(2);
    clearInterval(telling);
    replay.follow(undefined);
  });

  it('sends nothing once it is stopped, also when its rows come later', async () => {
    const running = replayOf();
    running.replay.follow(100);
    await running.until(1);
    running.replay.follow(undefined);
    const before = running.sent.length;
    const late = replayOf(async () => {
      await sleep(many / 2);
      return rows;
    });
    late.replay.follow(100);
    late.replay.follow(undefined);
    await sleep(many);
    expect([running.sent.length, late.sent.length]).toEqual([before, 0]);
  });

  it('sends nothing when there are no rows', async () => {
    const { replay, sent } = replayOf(() => Promise.resolve([]));
    replay.follow(100);
    await sleep(many);
    replay.follow(undefined);
    expect(sent).toEqual([]);
  });
});
