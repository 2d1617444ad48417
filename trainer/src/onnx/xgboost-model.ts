import { z } from 'zod';

const Tree = z.object({
  left_children: z.array(z.int()),
  right_children: z.array(z.int()),
  split_indices: z.array(z.int()),
  split_conditions: z.array(z.number()),
  split_type: z.array(z.literal(0, 'A split by category can not be exported')),
  default_left: z.array(z.int()),
  /** How much of the training rows came to each node: the sum of their second derivatives. */
  sum_hessian: z.array(z.number()),
});
export type Tree = z.infer<typeof Tree>;

/** `5E-1` until XGBoost 3.0, `[5E-1]` since: one value a target. */
const BaseScore = z.string().transform((text) => Number(text.replace(/^\[(.*)\]$/, '$1')));

const Model = z.object({
  learner: z.object({
    learner_model_param: z.object({ base_score: BaseScore }),
    gradient_booster: z.object({ model: z.object({ trees: z.array(Tree) }) }),
    objective: z.object({ name: z.literal('binary:logistic') }),
  }),
});

export interface XGBoostModel {
  /** Margin (log odds) before the first tree. */
  readonly baseMargin: number;
  readonly trees: readonly Tree[];
}

/** Reads XGBoost's JSON of a binary:logistic tree model. */
export function parseModel(json: string): XGBoostModel {
  const { learner } = Model.parse(JSON.parse(json));
  const share = learner.learner_model_param.base_score;
  return { baseMargin: Math.log(share / (1 - share)), trees: learner.gradient_booster.model.trees };
}
