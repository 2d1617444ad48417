import { z } from 'zod';

/** A decimal as a string, because floats do not survive every JSON library: `0.60`, `-1`, `4`. */
export const Decimal = z
  .string()
  .max(20)
  .regex(/^-?[0-9]+(\.[0-9]+)?$/);

/** RFC 3339 time, UTC. */
export const Time = z.string().max(40).meta({ format: 'date-time' });

/** The name of an object in the same namespace (DNS subdomain). */
export const ObjectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

/** The name of a column as the table spells it. */
export const ColumnName = z.string().min(1).max(256);

/** Hex SHA-256. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A Kubernetes quantity: `250m`, `512Mi`. */
export const Quantity = z
  .string()
  .max(20)
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/);

/** `resources` of a container: requests and limits by resource name (`cpu`, `memory`, `ephemeral-storage`). */
export const Resources = z.strictObject({
  requests: z.record(z.string().max(63), Quantity).optional().describe('What the scheduler sets aside for the pod.'),
  limits: z.record(z.string().max(63), Quantity).optional().describe('What the pod may use at most.'),
});
export type Resources = z.infer<typeof Resources>;
