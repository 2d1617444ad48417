/** The bucket can't be used now; the message is a sentence that says what to check. A later try may help. */
export class StoreUnreachable extends Error {
  override readonly name = 'StoreUnreachable';
}
