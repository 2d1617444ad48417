/**
 * Preloaded into a serving process (`node --import`): makes it a candidate that is broken in the one way that BROKEN_WAY names. It
 * starts, verifies its model and becomes ready as a good one does, and its own metrics tell the truth about what it does then.
 * What breaks by rows answers the first ones well, so that it is trusted with users' rows before.
 */
import { PeerSession } from '../../../serving/dist/routing/peer-session.js';
import { Predictor } from '../../../serving/dist/prediction/predictor.js';

const CRASH_AFTER_MS = 5_000;
/** More than the shadow of a short canary takes. */
const GOOD_ROWS = 120;
const SLOW_MS = 2_000;
const MIB = 1024 * 1024;
/** So many answers ago another customer was scored, whose probability this one gets. */
const SHUFFLE_DISTANCE = 64;

/** The three ways into the predictor: a customer, a batch, rows of a router. */
const everyWayIn = ['predict', 'predictBatch', 'scoreForPeer'];
const directWaysIn = ['predict', 'predictBatch'];

let rows = 0;

/** Whether enough rows were answered well, these ones among them. */
function isTime(method, [argument]) {
  rows += method === 'scoreForPeer' ? argument.length : 1;
  return rows > GOOD_ROWS;
}

/** Puts `first` ahead of some methods of the predictor: they go on when it resolves. */
function ahead(methods, first, when = isTime) {
  for (const method of methods) {
    const good = Predictor.prototype[method];
    Predictor.prototype[method] = async function (...args) {
      if (when(method, args)) await first();
      return good.apply(this, args);
    };
  }
}

/** Replaces what the HTTP port answers and what the peer port writes. */
function answerInstead({ http, peer }) {
  for (const method of directWaysIn) {
    const good = Predictor.prototype[method];
    Predictor.prototype[method] = function (...args) {
      return isTime(method, args) ? Promise.resolve(http) : good.apply(this, args);
    };
  }
  const goodHand = PeerSession.prototype.hand;
  PeerSession.prototype.hand = function (id, results) {
    if (isTime('scoreForPeer', [results])) this.write(peer(id, results, this.parts.served));
    else goodHand.call(this, id, results);
  };
}

/** Changes every probability that the engine computes. The model itself passes its check before. */
function rescore(change) {
  const changed = new WeakSet();
  const spoil = ({ served: { engine } }) => {
    if (changed.has(engine)) return;
    changed.add(engine);
    const good = engine.probabilities.bind(engine);
    engine.probabilities = async (matrix, rows) => (await good(matrix, rows)).map(change);
  };
  for (const method of everyWayIn) {
    const good = Predictor.prototype[method];
    Predictor.prototype[method] = function (...args) {
      spoil(this);
      return good.apply(this, args);
    };
  }
}

/** Keeps memory for every row. Where no limit of the container ends it, it ends itself as the kernel would. */
function leak() {
  const kept = [];
  return () => {
    kept.push(Buffer.alloc(16 * MIB, 1));
    if (kept.length >= 100) process.kill(process.pid, 'SIGKILL');
  };
}

/** Everybody gets the score of another customer: the distribution stays, the model has learnt nothing. */
function shuffled() {
  const earlier = [];
  return (probability) => {
    earlier.push(probability);
    return earlier.length > SHUFFLE_DISTANCE ? earlier.shift() : earlier[0];
  };
}

function fail() {
  throw new Error('This candidate is broken on purpose');
}

const ways = {
  'crash-loop': () => {
    setTimeout(() => process.exit(1), CRASH_AFTER_MS);
  },
  'crash-under-load': () => {
    ahead(everyWayIn, () => process.exit(1));
  },
  hang: () => {
    ahead(everyWayIn, () => new Promise(() => undefined));
  },
  errors: () => {
    ahead(everyWayIn, fail);
  },
  garbage: () => {
    const text = '<html>\u0001\u0002 502 by somebody else';
    answerInstead({ http: text, peer: () => text });
  },
  'wrong-shape': () => {
    answerInstead({
      http: { score: 'high' },
      peer: (id, results, { revision }) =>
        JSON.stringify({
          kind: 'Answer',
          id,
          revision,
          threshold: 0.5,
          results: results.map(() => ({ score: 'high' })),
        }),
    });
  },
  slow: () => {
    ahead(everyWayIn, () => new Promise((resolve) => setTimeout(resolve, SLOW_MS)));
  },
  'out-of-memory': () => {
    ahead(everyWayIn, leak());
  },
  shuffled: () => {
    rescore(shuffled());
  },
  constant: () => {
    rescore(() => 0.9);
  },
  inverted: () => {
    rescore((probability) => 1 - probability);
  },
  'breaks-after-promotion': () => {
    ahead(directWaysIn, fail, () => true);
  },
};

const way = process.env.BROKEN_WAY ?? '';
if (!Object.hasOwn(ways, way)) {
  throw new Error(`BROKEN_WAY is '${way}'; it must be one of ${Object.keys(ways).join(', ')}`);
}
ways[way]();
