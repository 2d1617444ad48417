/** The artifact can't be served; the message is a sentence that says what is wrong and what to do. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}
