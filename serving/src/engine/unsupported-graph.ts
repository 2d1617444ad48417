/** Our own engine can't load a graph; the message is the reason. ONNX Runtime is asked next. */
export class UnsupportedGraph extends Error {
  override readonly name = 'UnsupportedGraph';
}
