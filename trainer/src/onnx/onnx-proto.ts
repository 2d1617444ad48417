import protobuf from 'protobufjs';

const repeated = { rule: 'repeated' } as const;
/** Packed: a tenth of the size, and every parser of protocol buffers reads both forms. */
const packed = { rule: 'repeated', options: { packed: true } } as const;

/** The part of onnx.proto (ONNX 1.x, IR version 8) that one tree ensemble needs. */
const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        producerVersion: { type: 'string', id: 3 },
        graph: { type: 'GraphProto', id: 7 },
        opsetImport: { ...repeated, type: 'OperatorSetIdProto', id: 8 },
      },
    },
    OperatorSetIdProto: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    GraphProto: {
      fields: {
        node: { ...repeated, type: 'NodeProto', id: 1 },
        name: { type: 'string', id: 2 },
        input: { ...repeated, type: 'ValueInfoProto', id: 11 },
        output: { ...repeated, type: 'ValueInfoProto', id: 12 },
      },
    },
    NodeProto: {
      fields: {
        input: { ...repeated, type: 'string', id: 1 },
        output: { ...repeated, type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { ...repeated, type: 'AttributeProto', id: 5 },
        domain: { type: 'string', id: 7 },
      },
    },
    AttributeProto: {
      fields: {
        name: { type: 'string', id: 1 },
        s: { type: 'bytes', id: 4 },
        floats: { ...packed, type: 'float', id: 7 },
        ints: { ...packed, type: 'int64', id: 8 },
        strings: { ...repeated, type: 'bytes', id: 9 },
        type: { type: 'int32', id: 20 },
      },
    },
    ValueInfoProto: { fields: { name: { type: 'string', id: 1 }, type: { type: 'TypeProto', id: 2 } } },
    TypeProto: { fields: { tensorType: { type: 'TensorProto', id: 1 } } },
    TensorProto: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'ShapeProto', id: 2 } } },
    ShapeProto: { fields: { dim: { ...repeated, type: 'DimensionProto', id: 1 } } },
    DimensionProto: { fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } } },
  },
});

/** The bytes of an ONNX file. */
export function encodeModel(model: object): Uint8Array<ArrayBuffer> {
  return new Uint8Array(root.lookupType('ModelProto').encode(model).finish());
}
