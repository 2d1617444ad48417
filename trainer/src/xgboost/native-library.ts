import koffi from 'koffi';

/** Functions of libxgboost.so by the name that the code uses, with their C declarations (xgboost/c_api.h of 3.2). */
const declarations = {
  createMatrix: 'int XGDMatrixCreateFromDense(const char *data, const char *config, _Out_ void **out)',
  setMatrixInfo: 'int XGDMatrixSetInfoFromInterface(void *matrix, const char *field, const char *data)',
  createProxy: 'int XGProxyDMatrixCreate(_Out_ void **out)',
  setProxyData: 'int XGProxyDMatrixSetDataDense(void *proxy, const char *data)',
  createTrainingMatrix:
    'int XGQuantileDMatrixCreateFromCallback(void *iterator, void *proxy, void *reference, void *reset, void *next, const char *config, _Out_ void **out)',
  freeMatrix: 'int XGDMatrixFree(void *matrix)',
  createBooster: 'int XGBoosterCreate(void **matrices, uint64_t count, _Out_ void **out)',
  setParameter: 'int XGBoosterSetParam(void *booster, const char *name, const char *value)',
  update: 'int XGBoosterUpdateOneIter(void *booster, int round, void *matrix)',
  evaluate:
    'int XGBoosterEvalOneIter(void *booster, int round, void **matrices, const char **names, uint64_t count, _Out_ const char **out)',
  predict:
    'int XGBoosterPredictFromDMatrix(void *booster, void *matrix, const char *config, _Out_ void **shape, _Out_ uint64_t *dimensions, _Out_ void **out)',
  loadModel: 'int XGBoosterLoadModelFromBuffer(void *booster, const void *bytes, uint64_t length)',
  saveModel:
    'int XGBoosterSaveModelToBuffer(void *booster, const char *config, _Out_ uint64_t *length, _Out_ void **out)',
  freeBooster: 'int XGBoosterFree(void *booster)',
} as const;

type NativeFunction = (...args: readonly unknown[]) => unknown;

export type NativeName = keyof typeof declarations;

/** libxgboost.so, loaded. */
export class NativeLibrary {
  readonly version: string;
  readonly #functions = new Map<NativeName, NativeFunction>();
  readonly #lastError: NativeFunction;

  /**
   * @param path of libxgboost.so. Its OpenMP must have been told `OMP_WAIT_POLICY=PASSIVE` by the environment that this
   * process was started with: libgomp reads it once, and spinning threads are up to five times slower on a busy machine.
   */
  constructor(path: string) {
    const library = koffi.load(path);
    this.#lastError = library.func('const char *XGBGetLastError()');
    for (const name of nativeNames) this.#functions.set(name, library.func(declarations[name]));
    this.version = readVersion(
      library.func('void XGBoostVersion(_Out_ int *major, _Out_ int *minor, _Out_ int *patch)'),
    );
  }

  /** Calls a function; throws with XGBoost's own words when it fails. */
  call(name: NativeName, ...args: readonly unknown[]): void {
    const code = this.#functions.get(name)?.(...args);
    if (code !== 0) throw new Error(`XGBoost failed to ${name}: ${String(this.#lastError())}`);
  }

  /** Calls a function whose last argument is an output, and returns that output. */
  obtain(name: NativeName, ...args: readonly unknown[]): unknown {
    const out: unknown[] = [null];
    this.call(name, ...args, out);
    return out[0];
  }
}

const nativeNames = [
  'createMatrix',
  'setMatrixInfo',
  'createProxy',
  'setProxyData',
  'createTrainingMatrix',
  'freeMatrix',
  'createBooster',
  'setParameter',
  'update',
  'evaluate',
  'predict',
  'loadModel',
  'saveModel',
  'freeBooster',
] as const satisfies readonly NativeName[];

function readVersion(version: NativeFunction): string {
  const [major, minor, patch]: [number[], number[], number[]] = [[0], [0], [0]];
  version(major, minor, patch);
  return [major[0], minor[0], patch[0]].join('.');
}

/** A copy of native memory: what XGBoost returns belongs to it and changes with the next call. */
export function copyBytes(pointer: unknown, bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(koffi.view(pointer, bytes).slice(0));
}

/** A function that native code may call, with one pointer as its argument, until it is released. */
export function registered(answer: 'int' | 'void', call: () => number | undefined) {
  const pointer = koffi.register(call, koffi.pointer(koffi.proto(answer, ['void *'])));
  return {
    pointer,
    release: () => {
      koffi.unregister(pointer);
    },
  };
}

/** Numpy's array interface, which XGBoost reads; `values` must stay alive until the call returns. */
export function arrayInterface(values: Float32Array, shape: readonly number[]): string {
  const address = Number(koffi.address(values));
  return JSON.stringify({ data: [address, true], shape, typestr: '<f4', version: 3 });
}
