import { z } from 'zod';
import { Decimal } from './scalars.js';

/** Parameters of XGBoost that a user may fix; the others are searched, or have the value that the trainer always uses. */
export const BoostingParameter = z.enum([
  'eta',
  'max_depth',
  'min_child_weight',
  'subsample',
  'colsample_bytree',
  'lambda',
  'alpha',
  'gamma',
  'max_bin',
  'num_boost_round',
]);
export type BoostingParameter = z.infer<typeof BoostingParameter>;

export const FixedParameter = z.strictObject({
  name: BoostingParameter.describe("Name of the parameter, as XGBoost's documentation has it."),
  value: Decimal.describe('Its value, for example "6".'),
});
export type FixedParameter = z.infer<typeof FixedParameter>;

export const Search = z.strictObject({
  maxTrials: z
    .int32()
    .min(1)
    .max(1000)
    .default(16)
    .describe('How many sets of parameters are tried at most. 1: only the usual ones.'),
  timeoutSeconds: z
    .int32()
    .min(1)
    .max(86400)
    .default(900)
    .describe('After how long no more are tried, in seconds. The first is always tried.'),
});
export type Search = z.infer<typeof Search>;

export const CalibrationPolicy = z
  .enum(['Auto', 'None', 'Sigmoid'])
  .default('Auto')
  .describe(
    'Whether probabilities are corrected by a sigmoid. Auto: only if that is better, by more than chance, on rows that the models had not seen.',
  );

/** What retaining a customer costs and brings, in one currency. */
export const Profit = z.strictObject({
  customerValue: Decimal.default('200').describe('What a customer is worth who stays instead of leaving.'),
  offerCost: Decimal.default('10').describe('What the offer costs when it is taken. Who would have stayed takes it.'),
  contactCost: Decimal.default('1').describe('What contacting a customer costs.'),
  acceptanceProbability: Decimal.default('0.3').describe('How likely the offer keeps a customer who would have left.'),
});
export type Profit = z.infer<typeof Profit>;

export const ThresholdPolicy = z.enum(['MaximumF1', 'MaximumProfit', 'TopFraction', 'Fixed']);
export type ThresholdPolicy = z.infer<typeof ThresholdPolicy>;

export const Decision = z.strictObject({
  thresholdPolicy: ThresholdPolicy.default('MaximumF1').describe(
    'How the threshold is chosen from which a customer counts as leaving. MaximumF1: the best F1. MaximumProfit: where an offer begins to pay, by profit. TopFraction: so that topFractionPercent of the customers do. Fixed: fixedThreshold.',
  ),
  fixedThreshold: Decimal.optional().describe('The threshold, with Fixed: above 0 and below 1, for example "0.35".'),
  topFractionPercent: z
    .int32()
    .min(1)
    .max(99)
    .default(10)
    .describe('Share of the customers that count as leaving, with TopFraction, in percent.'),
  profit: Profit.prefault({}).describe('What an offer costs and brings: for MaximumProfit and the expected profit.'),
});
export type Decision = z.infer<typeof Decision>;
