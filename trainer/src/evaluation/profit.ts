import type { Profit } from '@churnops/crds';

/** What contacting a customer is expected to bring and to cost, in the currency of the settings. */
export interface ProfitFigures {
  /** Brought by one who would leave. */
  readonly leaverGain: number;
  /** Cost of one who would stay, and takes the offer. */
  readonly stayerCost: number;
}

/** A leaver accepts the offer with the given probability and then stays; a stayer always takes it; a contact always costs. */
export function profitFigures(profit: Profit): ProfitFigures {
  const [customerValue, offerCost] = [Number(profit.customerValue), Number(profit.offerCost)];
  const contactCost = Number(profit.contactCost);
  return {
    leaverGain: Number(profit.acceptanceProbability) * (customerValue - offerCost) - contactCost,
    stayerCost: offerCost + contactCost,
  };
}
