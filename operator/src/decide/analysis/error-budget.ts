/** The part of the error probability that each test may use up (section 7): their sum is the chance of a wrong rollback. */
const SHARES = { failures: 0.4, latency: 0.3, failureLimit: 0.1, scoreShift: 0.1, decisionFlips: 0.1 } as const;

export type TestName = keyof typeof SHARES;

/** The level of a test, of the chance to roll back an equally good model in the whole rollout. */
export function alphaOf(test: TestName, errorProbability: number): number {
  return SHARES[test] * errorProbability;
}
