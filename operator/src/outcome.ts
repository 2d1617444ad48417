/** How the writes of a plan ended. */
export type Outcome =
  | { readonly kind: 'done' }
  /** Look again after this time although nothing may have changed. */
  | {
      readonly kind: 'waiting';
      readonly seconds: number;
      readonly reason: string;
      /** What the user is told meanwhile; undefined: nothing. */
      readonly message?: string;
    }
  /** No retry helps until the user acts. */
  | {
      readonly kind: 'stalled';
      readonly reason: 'NameConflict' | 'InvalidSpec' | 'QuotaExceeded';
      readonly message: string;
      /** When to look again: what stands in the way may not be watched. */
      readonly seconds: number;
    }
  /** The API server refused a write; it is tried again with backoff, or earlier when something else is due. */
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly message: string;
      readonly error: Error;
      readonly seconds?: number;
    };
